package webapp

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"path"
	"time"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/passwordless"
)

//go:embed templates
var templateFiles embed.FS

// parsePages reads templates/pages, each within the layout.
func parsePages() (map[string]*template.Template, error) {
	layout, err := template.New("layout.html").Funcs(words).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	files, err := templateFiles.ReadDir("templates/pages")
	if err != nil {
		return nil, err
	}
	pages := make(map[string]*template.Template, len(files))
	for _, file := range files {
		t, err := layout.Clone()
		if err == nil {
			t, err = t.ParseFS(templateFiles, path.Join("templates/pages", file.Name()))
		}
		if err != nil {
			return nil, err
		}
		pages[file.Name()] = t
	}
	return pages, nil
}

// page is what a template is given: its title is the one heading, too.
type page struct {
	Title       string
	Application string
	Notice      notice
	Wide        bool
	Body        any
}

// show renders a page with status 200, and whatever the last one has left to say.
func (a *App) show(w http.ResponseWriter, r *http.Request, file, title string, body any) error {
	return a.render(w, r, http.StatusOK, file, title, a.takeNotice(w, r), body)
}

func (a *App) render(w http.ResponseWriter, r *http.Request, status int, file, title string, n notice, body any) error {
	name, err := a.applicationName(r)
	if err != nil {
		return err
	}
	// Into memory first: half a page is none.
	var text bytes.Buffer
	p := page{Title: title, Application: name, Notice: n, Wide: file == "account.html", Body: body}
	if err := a.pages[file].Execute(&text, p); err != nil {
		return fmt.Errorf("webapp: %s: %w", file, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // who does not read the page has gone
	return nil
}

// place is the application, and its tenant.
func (a *App) place(r *http.Request) (identity.Tenant, identity.Application, error) {
	return a.sessions().Applications.Application(r.Context(), a.c.ApplicationID)
}

func (a *App) applicationName(r *http.Request) (string, error) {
	t, app, err := a.place(r)
	return cmp.Or(app.Name, t.Name, "your account"), err
}

// errLost is for who comes too late, or by a way that leads nowhere.
var errLost = errors.New("webapp: there is no such login under way")

// serve makes a page of an error.
func (a *App) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		switch {
		case err == nil:
			return
		case errors.Is(err, errLost), errors.Is(err, passwordless.ErrRefused):
			err = a.render(w, r, http.StatusNotFound, "lost.html", "This page has expired", notice{}, nil)
		case waitOf(err) > 0:
			wait := waitOf(err)
			w.Header().Set("Retry-After", fmt.Sprint(seconds(wait)))
			err = a.render(w, r, http.StatusTooManyRequests, "often.html", "Too many tries", notice{}, wait)
		case errors.Is(err, context.Canceled) && r.Context().Err() != nil: // who asked has gone elsewhere
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		default:
			a.c.Errors(r, err)
			err = a.render(w, r, http.StatusInternalServerError, "broken.html", "Something went wrong", notice{}, nil)
		}
		if err != nil {
			a.c.Errors(r, err)
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
}

// seconds are whole ones, and never too few.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// see ends a POST: the browser fetches the next page.
func see(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
