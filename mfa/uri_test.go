package mfa_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"testing"

	"github.com/pquerna/otp"

	"github.com/gatehouse-go/gatehouse/identity"
	"github.com/gatehouse-go/gatehouse/mfa"
	"github.com/gatehouse-go/gatehouse/secret"
)

func TestQR(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.tenant.Name = strings.Repeat("Pied: Piper ", 40)
	_, e := h.enrol(who, mfa.EnrolRequest{})
	for _, size := range []int{128, 300, 2048} {
		b, err := e.QR(size)
		h.must(err)
		image, err := png.Decode(bytes.NewReader(b))
		if h.must(err); image.Bounds().Dx() != size || image.Bounds().Dy() != size {
			t.Errorf("%v, want %d each way", image.Bounds(), size)
		}
	}
	for _, size := range []int{-1, 0, 127, 2049, 1 << 30} {
		if _, err := e.QR(size); err == nil {
			t.Errorf("a size of %d was drawn", size)
		}
	}
	if _, err := (mfa.Enrolment{}).QR(300); !errors.Is(err, mfa.ErrNotAllowed) {
		t.Errorf("without a URI: %v", err)
	}
}

// Whatever a tenant and a person are called, an app reads the secret that was
// enrolled, and the names.
func FuzzKeyURI(f *testing.F) {
	f.Add("Pied Piper", "jared@piedpiper.com")
	f.Add("Evil:a@b.c", "x?secret=AAAA&issuer=y#z")
	f.Add("", "\x00%zz/../:é+ ")
	f.Add(strings.Repeat("long", 99), strings.Repeat("ü", 999))
	f.Fuzz(func(t *testing.T, issuer, account string) {
		h := open(t)
		h.tenant.Name = issuer
		u := sample()
		u.Identities, u.Email, u.Verified = nil, account, true
		h.put(u)
		h.config.Applications = identity.Static(h.tenant, h.application)
		e, err := h.factors().Enrol(t.Context(), who, mfa.EnrolRequest{Kind: identity.MethodAuthenticator})
		if account == "" && errors.Is(err, mfa.ErrUnverified) {
			return
		}
		h.must(err)
		key, err := otp.NewKeyFromURL(e.URI.Reveal())
		if err != nil {
			t.Fatal("the URI cannot be read")
		}
		if key.Type() != "totp" || key.Secret() != e.SecretBase32.Reveal() || key.Period() != 30 || key.Digits() != otp.DigitsSix {
			t.Error("the URI says something else than was enrolled")
		}
		if strings.Contains(key.Issuer()+key.AccountName(), ":") || len([]rune(key.Issuer())) > 100 {
			t.Errorf("issuer %q, account %q", key.Issuer(), key.AccountName())
		}
		if _, err := e.QR(300); err != nil {
			t.Errorf("no QR code: %v", err)
		}
	})
}

func FuzzSecrets(f *testing.F) {
	f.Add("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", true)
	f.Add("gezdgnbvgy3tqojqgezdgnbvgy3tqojq======", true)
	f.Add("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", false)
	f.Add("", false)
	f.Add("AAAA", true)
	f.Fuzz(func(t *testing.T, text string, base32 bool) {
		s, err := mfa.ParseSecret(secret.New(text), base32)
		if err != nil {
			if text != "" && len(text) > 3 && strings.Contains(err.Error(), text) {
				t.Error("the error repeats the secret")
			}
			return
		}
		again, err := mfa.ParseSecret(s.Base64().Text, false)
		if err != nil || again.Base32().Reveal() != s.Base32().Reveal() || strings.Contains(fmt.Sprintf("%+v", s), text) {
			t.Errorf("it does not come back: %v", err)
		}
	})
}
