package identity

// Identifier is a login id in its one canonical form, which serves lookups,
// limits and replay guards alike: e-mail addresses in ASCII lower case with an
// ASCII domain, phone numbers in E.164, usernames exactly as they are. Two are
// the same if they are ==. [Parser] makes them from what people type.
//
// Printed or logged it is masked; in JSON it is not.
type Identifier struct {
	Type  IdentityType `json:"type"`
	Value string       `json:"value"`
}

// IsZero says whether there is no identifier.
func (id Identifier) IsZero() bool { return id == Identifier{} }
