package integration_test

import (
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"

	"github.com/gatehouse-go/gatehouse/token"
)

// mislabelled is the vectors of json_web_signature_test.json whose label is not
// what the RFCs say of them.
var mislabelled = map[int]string{
	346: "the header says PS384, the key PS256",
	347: "the key says ES521, which does not exist",
	350: "the header says PS384, the key PS256",
	351: "the key says ES521, which does not exist",
	367: "labelled as badly padded, and identical to the valid 357",
	370: "labelled as badly padded, and identical to the valid 357",
	372: "labelled valid with a question mark in the base64url of the header",
	373: "labelled valid with a question mark in the base64url of the payload",
}

type vectorFile struct {
	NumberOfTests int
	TestGroups    []vectorGroup
}

type vectorGroup struct {
	Type, Comment   string
	Private, Public json.RawMessage
	Tests           []vector
}

type vector struct {
	TcID    int
	Comment string
	JWS     json.RawMessage
	Result  string
}

// JWT-01, JWT-02, JWT-05, JWT-06: among them PSS salts of other lengths (281 to
// 286), keys for another use (353 to 356) and base64url with loose ends (374).
func TestWycheproofJWS(t *testing.T) {
	t.Parallel()
	judged, valid := 0, 0
	for _, group := range vectors(t, "json_web_signature_test.json") {
		for _, v := range group.Tests {
			if _, faulty := mislabelled[v.TcID]; faulty {
				continue
			}
			judged++
			if judge(t, group, v) {
				valid++
			}
		}
	}
	if judged != 393 || valid != 40 {
		t.Errorf("judged %d vectors, %d of them valid; want 393 and 40", judged, valid)
	}
}

// Of the mislabelled ones we say what the RFCs say.
func TestWycheproofMislabelled(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, group := range vectors(t, "json_web_signature_test.json") {
		for _, v := range group.Tests {
			reason, faulty := mislabelled[v.TcID]
			if !faulty {
				continue
			}
			seen++
			want := v.TcID == 367 || v.TcID == 370
			if got := accepts(group, v); got != want {
				t.Errorf("tc %d (%s): accepted is %v, want %v", v.TcID, reason, got, want)
			}
		}
	}
	if seen != len(mislabelled) {
		t.Errorf("saw %d of the %d mislabelled vectors", seen, len(mislabelled))
	}
}

// JWT-06, JWT-02: weak keys, keys of the wrong kind and sets with one kid twice.
func TestWycheproofKeys(t *testing.T) {
	t.Parallel()
	judged := 0
	for _, group := range vectors(t, "json_web_key_test.json") {
		for _, v := range group.Tests {
			judged++
			judge(t, group, v)
		}
	}
	if judged != 26 {
		t.Errorf("judged %d vectors, want 26", judged)
	}
}

// JWT-02: rejectsAttackerProvidedEmbeddedJwk and rejectsDuplicateKid are here;
// the groups of JWE are not ours.
func TestWycheproofCrypto(t *testing.T) {
	t.Parallel()
	judged := 0
	for _, group := range vectors(t, "json_web_crypto_test.json") {
		if len(group.Comment) < 4 || group.Comment[:4] != "jws_" {
			continue
		}
		for _, v := range group.Tests {
			judged++
			judge(t, group, v)
		}
	}
	if judged != 49 {
		t.Errorf("judged %d vectors, want 49", judged)
	}
}

func vectors(t *testing.T, name string) []vectorGroup {
	t.Helper()
	data, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.TestGroups
}

// judge compares our verdict with the label, and returns the label.
func judge(t *testing.T, group vectorGroup, v vector) (valid bool) {
	t.Helper()
	valid = v.Result == "valid"
	if accepts(group, v) != valid {
		t.Errorf("%s, tc %d (%s): accepted is %v, and it is %s", group.Comment, v.TcID, v.Comment, !valid, v.Result)
	}
	return valid
}

// accepts reads the key, or the set, as a verifier would have it, and verifies.
func accepts(group vectorGroup, v vector) bool {
	var compact string
	if err := json.Unmarshal(v.JWS, &compact); err != nil {
		compact = string(v.JWS) // JSON serialisation
	}
	keys, err := readKeys(group)
	if err != nil {
		return false
	}
	for _, key := range keys {
		if _, err := key.VerifyJWS(compact); err == nil {
			return true
		}
	}
	return false
}

func readKeys(group vectorGroup) ([]*token.Key, error) {
	data := group.Public
	if data == nil {
		data = group.Private
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(data, &set); err == nil && set.Keys != nil {
		return token.ParseJWKS(data)
	}
	key, err := token.ParseJWK(data)
	return []*token.Key{key}, err
}
