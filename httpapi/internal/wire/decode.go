package wire

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/gatehouse-go/gatehouse/identity"
)

// MaxBody is the most bytes that a request's body has.
const MaxBody = 64 << 10

// BodyError says what is wrong with a body. It repeats nothing of it.
type BodyError struct {
	Status int    // 400, 413 or 415
	Field  string // the member that is not of its type; empty: the body as a whole
	Reason string // as in "must be one JSON object"
}

func (e *BodyError) Error() string { return "httpapi: body " + e.Field + " " + e.Reason }

// Object reads the JSON object in the body of a request; an empty body is an
// empty object. Members that into has not are ignored, since clients send them.
// It is a *BodyError otherwise.
//
// A form of another site cannot send application/json, so that nothing else is
// taken; a body without a type is read as JSON.
func Object(w http.ResponseWriter, r *http.Request, into any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		return unreadable(err)
	}
	if len(data) == 0 {
		return nil
	}
	if !isJSON(r.Header) {
		return &BodyError{http.StatusUnsupportedMediaType, "", "must be application/json"}
	}
	data, err = identity.ParseObject(data)
	if err != nil {
		return &BodyError{http.StatusBadRequest, "", "must be one JSON object, at most 32 levels deep, in UTF-8, that names no member twice"}
	}
	return mistyped(json.Unmarshal(data, into))
}

func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &BodyError{http.StatusRequestEntityTooLarge, "", "must be at most 64 KiB"}
	}
	return &BodyError{http.StatusBadRequest, "", "could not be read"}
}

func isJSON(h http.Header) bool {
	types := h.Values("Content-Type")
	if len(types) == 0 {
		return true
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && len(types) == 1 && media == "application/json"
}

// mistyped names the member that could not be decoded.
func mistyped(err error) error {
	if err == nil {
		return nil
	}
	e := &BodyError{http.StatusBadRequest, "", "holds a value that cannot be read"}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		e.Field, e.Reason = wrong.Field, "is not of its type"
	}
	return e
}
