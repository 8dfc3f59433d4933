package identity

// Toggle is a switch whose default may be on: a bool could not tell "off" from
// "not said". The zero Toggle is the default that its field names. In JSON it is
// true, false or, for the default, null.
type Toggle uint8

// The positions of a Toggle.
const (
	Default Toggle = iota
	On
	Off
)

// Or is the position, or otherwise if that is left to the default.
func (t Toggle) Or(otherwise bool) bool {
	if t == Default {
		return otherwise
	}
	return t == On
}

// IsZero says whether the position is left to the default.
func (t Toggle) IsZero() bool { return t == Default }

// MarshalJSON is true, false or null.
func (t Toggle) MarshalJSON() ([]byte, error) {
	switch t {
	case On:
		return []byte("true"), nil
	case Off:
		return []byte("false"), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON takes true, false and null, and refuses the rest with a
// json.UnmarshalTypeError.
func (t *Toggle) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		*t = On
	case "false":
		*t = Off
	case "null":
		*t = Default
	default:
		return mistyped[Toggle]("anything but true or false")
	}
	return nil
}
