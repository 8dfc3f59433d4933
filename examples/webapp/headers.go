package webapp

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

// policy allows a page its style sheet, its script, its images and its forms,
// from here. Nothing is inline, so that what finds its way into a page runs not.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'"

// maxForm is far more than any form here holds.
const maxForm = 16 << 10

// guarded refuses what another site sends, and says to browsers what they must
// not do with the pages.
func guarded(next http.Handler) http.Handler {
	next = http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(next), maxForm)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer") // the URL of a link holds its code
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-store")
		if speculative(r) {
			// Not of 2xx: a browser would show what it has fetched ahead, and the
			// cookies of this answer would be another page's.
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// speculative says that nobody has asked for this page yet: a browser fetches it
// in case somebody will.
func speculative(r *http.Request) bool {
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if strings.HasPrefix(strings.ToLower(r.Header.Get(header)), "prefetch") {
			return true
		}
	}
	return false
}

//go:embed assets
var assetFiles embed.FS

// assets are the style sheet, the script and the icon. They are the same for
// everybody, and may be kept for a while.
func assets() http.Handler {
	files, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		panic(err) // the directory is compiled in
	}
	server := http.StripPrefix("/assets/", http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		server.ServeHTTP(w, r)
	})
}
