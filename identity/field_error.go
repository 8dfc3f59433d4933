package identity

// FieldError is a value that cannot be accepted, by the path of its JSON field.
// It never repeats the value.
type FieldError struct {
	Field  string // loginIdTypes, jwtConfiguration.timeToLiveInSeconds
	Tag    string // FusionAuth's tag of the fault: one of the Tag constants
	Reason string // what is wrong: "is blank", "must be 1 to 600"
}

// The tags that this package uses, of those in FusionAuth's message catalogue.
// The code of a field error on the wire is "[tag]field".
const (
	TagBlank         = "blank"
	TagInvalid       = "invalid"
	TagDuplicate     = "duplicate"
	TagTooLong       = "tooLong"
	TagTooShort      = "tooShort"
	TagNotConfigured = "notConfigured"
)

// Error is the field and the reason.
func (e *FieldError) Error() string { return "identity: " + e.Field + " " + e.Reason }

func invalid(field, reason string) error {
	return &FieldError{Field: field, Tag: TagInvalid, Reason: reason}
}

func duplicate(field, reason string) error {
	return &FieldError{Field: field, Tag: TagDuplicate, Reason: reason}
}
