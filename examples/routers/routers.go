// Package routers mounts the API under /auth, in the standard library's mux and
// in three routers that others use. Whatever takes an http.Handler for all
// methods of all paths under a prefix does as well.
package routers

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
)

// NetHTTP is the standard library's mux.
func NetHTTP(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", api))
	return mux
}

// Chi is github.com/go-chi/chi/v5.
func Chi(api http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Mount("/auth", http.StripPrefix("/auth", api))
	return r
}

// Gin is github.com/gin-gonic/gin.
func Gin(api http.Handler) http.Handler {
	r := gin.New()
	r.Any("/auth/*path", gin.WrapH(http.StripPrefix("/auth", api)))
	return r
}

// Echo is github.com/labstack/echo/v4.
func Echo(api http.Handler) http.Handler {
	e := echo.New()
	e.Any("/auth/*", echo.WrapHandler(http.StripPrefix("/auth", api)))
	return e
}
