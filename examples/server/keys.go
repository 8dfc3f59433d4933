package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/gatehouse-go/gatehouse/secret"
	"github.com/gatehouse-go/gatehouse/token"
)

// keys are what outlives a process: one that seals what is stored, and one that
// signs access tokens.
type keys struct {
	ring *secret.Keyring
	set  *token.KeySet
}

// keyFile is how keys are kept. A real service has a secret manager for this.
type keyFile struct {
	Sealing string          `json:"sealing"`
	Signing json.RawMessage `json:"signing"`
}

// openKeys reads the keys of a file that is there, makes one that is not, and
// without a path makes keys that nobody keeps.
func openKeys(path string) (keys, error) {
	var kept keyFile
	text, err := os.ReadFile(path)
	switch {
	case path == "" || errors.Is(err, fs.ErrNotExist):
		kept, err = makeKeys(path)
	case err == nil:
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return keys{}, err
	}
	sealing, err := secret.ParseKey(kept.Sealing)
	if err != nil {
		return keys{}, err
	}
	signing, err := token.ParseJWK(kept.Signing)
	if err != nil {
		return keys{}, err
	}
	ring, err := secret.NewKeyring(sealing)
	if err != nil {
		return keys{}, err
	}
	set, err := token.NewKeySet(signing)
	return keys{ring, set}, err
}

func makeKeys(path string) (keyFile, error) {
	signing, err := token.GenerateKey(token.EdDSA)
	if err != nil {
		return keyFile{}, err
	}
	jwk, err := signing.ExportJWK()
	if err != nil {
		return keyFile{}, err
	}
	made := keyFile{secret.GenerateKey("1").Reveal(), jwk}
	if path == "" {
		return made, nil
	}
	text, err := json.Marshal(made)
	if err != nil {
		return keyFile{}, err
	}
	return made, os.WriteFile(path, text, 0o600)
}
