package main

import (
	"encoding/json"
	"errors"
	"log"
	"math"
	"net/http"
	"strconv"

	"github.com/gatehouse-go/gatehouse/outcome"
	"github.com/gatehouse-go/gatehouse/passwordless"
	"github.com/gatehouse-go/gatehouse/secret"
)

// maxBody is far more than an address or a code needs.
const maxBody = 4 << 10

// routes are POST only. A login that GET could complete would be completed by
// the first mail scanner that opens a link.
func routes(login *passwordless.Login) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/begin", begin(login))
	mux.HandleFunc("POST /login/complete", complete(login))
	return http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(mux), maxBody)
}

// begin answers with what the browser may keep. The code is in the message.
func begin(login *passwordless.Login) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		begun, err := login.Begin(r.Context(), passwordless.StartRequest{
			ApplicationID: applicationID,
			LoginID:       r.PostFormValue("email"),
		})
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, begun)
	}
}

// complete takes what the browser kept and what the person typed.
func complete(login *passwordless.Login) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		result, err := login.Complete(r.Context(), passwordless.LoginRequest{
			Code:        secret.New(r.PostFormValue("code")),
			OneTimeCode: secret.New(r.PostFormValue("oneTimeCode")),
		})
		if err != nil {
			refuse(w, err)
			return
		}
		if result.Outcome == outcome.Success {
			// Here a service begins its own session for result.Response.User.
			log.Printf("user %s signed in", result.Response.User.ID)
		}
		answer(w, result.Status(), result.Response)
	}
}

// refuse says as much of an error as a browser may know.
func refuse(w http.ResponseWriter, err error) {
	var invalid *passwordless.ValidationError
	var limit *passwordless.RateLimitError
	switch {
	case errors.Is(err, passwordless.ErrRefused):
		w.WriteHeader(http.StatusNotFound)
	case errors.As(err, &invalid):
		answer(w, http.StatusBadRequest, invalid)
	case errors.As(err, &limit):
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(limit.RetryAfter.Seconds()))))
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		log.Print(err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}
