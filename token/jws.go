package token

import "strings"

// maxJWS bounds what VerifyJWS reads.
const maxJWS = 64 << 10

// frame is a compact JWS (RFC 7515 section 7.1) taken apart, and not believed.
type frame struct {
	header    header
	payload   []byte
	signature []byte
	signed    string // what the signature is over
}

// header is what we read of a JOSE header.
type header struct {
	algorithm Algorithm
	keyID     string
	typ       string
}

// VerifyJWS checks the signature of a compact JWS with this key and returns its
// payload, whatever that is. A kid in the header must be the key's. ErrInvalid
// if the text is over 64 KiB, not in strict form, for another algorithm or key,
// or its signature is wrong.
//
// It reads no claim: not who the payload is for, nor whether it has expired, nor
// what kind of message it is. For access tokens use a [Verifier].
func (k *Key) VerifyJWS(compact string) ([]byte, error) {
	f, err := parseFrame(compact, maxJWS)
	if err != nil {
		return nil, err
	}
	if f.header.keyID != "" && f.header.keyID != k.id {
		return nil, invalid("signed with another key")
	}
	if err := k.verifyFrame(f); err != nil {
		return nil, err
	}
	return f.payload, nil
}

func (k *Key) verifyFrame(f frame) error {
	if f.header.algorithm != k.algorithm {
		return invalid("algorithm is not the key's")
	}
	if !k.verifies(f.signed, f.signature) {
		return invalid("wrong signature")
	}
	return nil
}

func parseFrame(compact string, maxBytes int) (frame, error) {
	// Before anything is split or decoded: a megabyte of dots must cost nothing.
	if len(compact) > maxBytes {
		return frame{}, invalid("too long")
	}
	if strings.Count(compact, ".") != 2 {
		return frame{}, invalid("not three parts")
	}
	last := strings.LastIndexByte(compact, '.')
	encodedHeader, encodedPayload, _ := strings.Cut(compact[:last], ".")
	f := frame{signed: compact[:last]}

	rawHeader, err := decodeBase64(encodedHeader)
	if err != nil {
		return frame{}, invalid("header is not base64url")
	}
	if f.header, err = parseHeader(rawHeader); err != nil {
		return frame{}, err
	}
	if f.payload, err = decodeBase64(encodedPayload); err != nil {
		return frame{}, invalid("payload is not base64url")
	}
	if f.signature, err = decodeBase64(compact[last+1:]); err != nil {
		return frame{}, invalid("signature is not base64url")
	}
	return f, nil
}

// refusedHeaders change how a JWS is to be read (crit, b64: RFC 7515 section
// 4.1.11, RFC 7797) or bring a key of the sender's own (section 4.1.2 to 4.1.6).
var refusedHeaders = [...]string{"crit", "b64", "jku", "jwk", "x5u", "x5c"}

func parseHeader(raw []byte) (header, error) {
	members, err := parseObject(raw)
	if err != nil {
		return header{}, invalid("header is " + err.Error())
	}
	for _, name := range refusedHeaders {
		if _, there := members[name]; there {
			return header{}, invalid("header has " + name)
		}
	}
	var h header
	texts := []struct {
		name string
		into *string
	}{{"alg", (*string)(&h.algorithm)}, {"kid", &h.keyID}, {"typ", &h.typ}}
	for _, t := range texts {
		value, there := members[t.name]
		text, isText := value.(string)
		if there && !isText {
			return header{}, invalid(t.name + " is not a string")
		}
		*t.into = text
	}
	if len(h.keyID) > maxKeyID {
		return header{}, invalid("kid is too long")
	}
	return h, nil
}

// writeHeader returns the header of tokens that k signs. Neither id nor typ
// needs escaping: both were checked.
func writeHeader(k *Key, typ string) string {
	return `{"alg":"` + string(k.algorithm) + `","kid":"` + k.id + `","typ":"` + typ + `"}`
}
