package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/gatehouse-go/gatehouse/identity"
)

// maxBody is the most bytes that a request's body has.
const maxBody = 64 << 10

// decode reads the JSON object in the body of a request; an empty body is an
// empty object. Members that into has not are ignored, since clients send them.
//
// A form of another site cannot send application/json, so that nothing else is
// taken; a body without a type is read as JSON.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return unreadable(err)
	}
	if len(data) == 0 {
		return nil
	}
	if !isJSON(r.Header) {
		return refused{http.StatusUnsupportedMediaType, general("InvalidContentType", "The body must be application/json.")}
	}
	data, err = identity.ParseObject(data)
	if err != nil {
		return general("InvalidJSON", "The body must be one JSON object, at most 32 levels deep, in UTF-8, that names no member twice.")
	}
	return mistyped(json.Unmarshal(data, into))
}

func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return refused{http.StatusRequestEntityTooLarge, general("TooLarge", "The body must be at most 64 KiB.")}
	}
	return general("InvalidJSON", "The body could not be read.")
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
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return field("couldNotConvert", wrong.Field, "The value is not of the type that is expected.")
	}
	return general("InvalidJSON", "The body holds a value that cannot be read.")
}
