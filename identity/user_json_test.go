package identity_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/identity"
)

// S3-201: the user of the documented example, key for key. It holds
// S3-204 (an expiry in the past), S3-206..S3-212, S3-214..S3-216.
// S3-127
func TestDocumentedUserComesBackEqual(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("testdata/user_seed003.json")
	if err != nil {
		t.Fatal(err)
	}
	u := decode[identity.User](t, string(document))
	wantSameJSON(t, encode(t, u), document)
	wantSameJSON(t, encode(t, u.Secured()), document)
	wantSameJSON(t, encode(t, u.Clone()), document)
	if len(u.Identities) != 3 || !u.Verified || u.Identities[0].Verified {
		t.Errorf("the deprecated flag and the identity's are one: %v, %v", u.Verified, u.Identities)
	}
	if err := u.Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
}

// The schema of the call "passwordless Login With Id" with a value of its type in
// every field. What it has and a response has not is listed here: secrets, and
//
// S2-64: a birth date that is none;
// S2-96: a user inside their own membership.
//
// S2-61, S2-62, S2-65, S2-66, S2-69..S2-71, S2-73, S2-75, S2-80..S2-83, S2-85..S2-87: the rest comes back equal,
// S2-91..S2-95, S2-98..S2-100, S2-102, S2-104..S2-106, S2-108, S2-111, S2-113, S2-116, S2-119, S2-124.
// S2-41: HmacSHA512 is one of the values.
func TestSchemaUserComesBackWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("testdata/user_seed002.json")
	if err != nil {
		t.Fatal(err)
	}
	var refused *json.UnmarshalTypeError
	if err := json.Unmarshal(document, &identity.User{}); !errors.As(err, &refused) || refused.Field != "birthDate" {
		t.Fatalf("4598-42-83 is taken: %v", err)
	}
	text := strings.Replace(string(document), "4598-42-83", "1976-05-30", 1)
	text = strings.Replace(text, "HmacSHA1", "HmacSHA512", 1)
	u := decode[identity.User](t, text)

	want := tree(t, []byte(text)).(map[string]any)
	for _, secret := range []string{"password", "salt", "factor", "encryptionScheme"} {
		delete(want, secret)
	}
	twoFactor := want["twoFactor"].(map[string]any)
	delete(twoFactor, "recoveryCodes")
	for _, m := range twoFactor["methods"].([]any) {
		delete(m.(map[string]any), "secret")
	}
	for _, r := range want["registrations"].([]any) {
		delete(r.(map[string]any), "tokens")
		delete(r.(map[string]any), "authenticationToken")
	}
	for _, m := range want["memberships"].([]any) {
		delete(m.(map[string]any), "user")
	}
	if got := tree(t, encode(t, u)); !reflect.DeepEqual(got, any(want)) {
		t.Errorf("comes back as\n%v\nwant\n%v", got, want)
	}
}

// Every field of a user and what it is on the wire, one document for each.
func TestUserFieldsOnTheWire(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`{"active":true}`,
		`{"birthDate":"1976-05-30"}`,                           // S2-64, S3-115, S0-51
		`{"breachedPasswordLastCheckedInstant":1742936980069}`, // S3-116
		`{"breachedPasswordStatus":"None"}`,                    // S2-115: a value, not null
		`{"breachedPasswordStatus":"ExactMatch"}`,              // S0-51
		`{"breachedPasswordStatus":"SubAddressMatch"}`,
		`{"breachedPasswordStatus":"PasswordOnly"}`,
		`{"breachedPasswordStatus":"CommonPassword"}`,
		`{"cleanSpeakId":"00000000-0000-0001-0000-000000000000"}`,                                  // S2-65, S3-118
		`{"connectorId":"e3306678-a53a-4964-9040-1c96f36dda72"}`,                                   // S2-116, S3-117
		`{"data":{"favoriteColors":["Red","Blue"],"n":1.50}}`,                                      // S2-66, S3-119, S3-205
		`{"email":"example@fusionauth.io"}`,                                                        // S3-122
		`{"expiry":1571786483322}`,                                                                 // S0-53
		`{"firstName":"John"}`,                                                                     // S2-69, S3-124
		`{"firstName":"John","fullName":"John W. Doe"}`,                                            // S2-70, S3-125: not computed
		`{"id":"00000000-0000-0001-0000-000000000000"}`,                                            // S2-119, S3-126
		`{"imageUrl":"http://65.media.tumblr.com/a.png"}`,                                          // S2-71, S3-150, S3-209
		`{"insertInstant":1742936980069}`,                                                          // S3-151
		`{"lastLoginInstant":1742936980069}`,                                                       // S3-152
		`{"lastName":"Doe"}`,                                                                       // S2-73, S3-153
		`{"lastUpdateInstant":1742936980069}`,                                                      // S3-154
		`{"memberships":[{"data":{"a":1},"groupId":"g","id":"i","insertInstant":1,"userId":"u"}]}`, // S3-155..S3-159
		`{"middleName":"William"}`,                                                                 // S2-75, S3-160
		`{"mobilePhone":"303-555-1234"}`,                                                           // S3-210: free text
		`{"parentEmail":"example@fusionauth.io"}`,                                                  // S3-162
		`{"passwordChangeReason":"Administrative"}`,                                                // S0-54
		`{"passwordChangeReason":"Breached"}`,
		`{"passwordChangeReason":"Expired"}`,
		`{"passwordChangeReason":"Validation"}`,
		`{"passwordChangeReason":"SomethingNew"}`, // a newer peer's value is preserved
		`{"passwordChangeRequired":true}`,
		`{"passwordLastUpdateInstant":1742936980069}`,         // S3-164
		`{"phoneNumber":"+13035551212"}`,                      // S3-165
		`{"preferredLanguages":["fr","en_US","de-CH"]}`,       // S2-62, S3-166, S3-211: in order
		`{"tenantId":"f24aca2b-ce4a-4dad-951a-c9d690e71415"}`, // S3-183
		`{"timezone":"America/Denver"}`,                       // S3-184, S3-214
		`{"twoFactor":{"methods":[{"authenticator":{"algorithm":"HmacSHA1","codeLength":6,"timeStep":30},"id":"35VW","method":"authenticator","name":"phone"}]}}`, // S3-189, S3-191
		`{"twoFactor":{"methods":[{"authenticator":{"algorithm":"HmacSHA256"},"id":"a","method":"authenticator"},{"authenticator":{"algorithm":"HmacSHA512"},"id":"b","method":"authenticator"}]}}`,
		`{"twoFactor":{"methods":[{"id":"V7SH","lastUsed":true,"method":"sms","mobilePhone":"555-555-5555"}]}}`, // S3-190
		`{"twoFactor":{"methods":[{"email":"example@fusionauth.io","id":"7K2G","method":"email"}]}}`,
		`{"twoFactor":{"methods":[{"id":"Z9Z9","method":"carrierPigeon"}]}}`, // S0-48: an open string
		`{"uniqueUsername":"johnny123#42"}`, // S0-55
		`{"username":"johnny123"}`,          // S3-196
		`{"usernameStatus":"ACTIVE"}`,       // S3-197
		`{"usernameStatus":"PENDING"}`,      // S0-55
		`{"usernameStatus":"REJECTED"}`,
		`{"verified":true}`, // S3-198
		`{"verifiedInstant":1742936980069}`,
		`{"identities":[{"primary":true,"type":"email","value":"example@fusionauth.io","verified":false,"verifiedReason":"Disabled"}]}`,                                                   // S3-133, S3-139, S3-206
		`{"identities":[{"insertInstant":1,"lastLoginInstant":2,"lastUpdateInstant":3,"primary":false,"type":"phoneNumber","value":"+13035551212","verified":true,"verifiedInstant":4}]}`, // S3-129, S3-131, S3-138
		`{"identities":[{"displayValue":"johnny123","moderationStatus":"REJECTED","primary":true,"type":"username","value":"johnny123#42","verified":false}]}`,                            // S3-128, S3-132, S3-136
		`{"registrations":[{"applicationId":"a","verified":true,"verifiedInstant":1}]}`,                                                                                                   // S3-168, S3-181, S3-182
		`{"registrations":[{"cleanSpeakId":"c","data":{"a":{}},"id":"i","insertInstant":1,"verified":false}]}`,                                                                            // S3-170..S3-173
		`{"registrations":[{"lastLoginInstant":1,"lastUpdateInstant":2,"verified":false}]}`,                                                                                               // S3-174
		`{"registrations":[{"preferredLanguages":["en","fr"],"roles":["user","community_helper"],"verified":true}]}`,                                                                      // S3-175, S3-176
		`{"registrations":[{"timezone":"America/Denver","username":"johnny123","usernameStatus":"PENDING","verified":true}]}`,                                                             // S3-177, S3-180
	} {
		want := tree(t, []byte(`{"active":false,"verified":false,"passwordChangeRequired":false}`)).(map[string]any)
		maps.Copy(want, tree(t, []byte(document)).(map[string]any))
		u := decode[identity.User](t, document)
		if got := tree(t, encode(t, u)); !reflect.DeepEqual(got, any(want)) {
			t.Errorf("%s comes back as %v", document, got)
		}
	}
}

// S0-37..S0-40, S2-111, S2-115, S3-23, S3-133, S3-139: every value as it is spelled in
// the documents.
func TestValuesAreSpelledAsDocumented(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{spelled(identity.Email, identity.PhoneNumber, identity.Username), "email phoneNumber username"},
		{spelled(identity.ReasonSkipped, identity.ReasonTrusted, identity.ReasonUnverifiable, identity.ReasonImplicit, identity.ReasonPending,
			identity.ReasonCompleted, identity.ReasonDisabled, identity.ReasonAdministrative, identity.ReasonImport),
			"Skipped Trusted Unverifiable Implicit Pending Completed Disabled Administrative Import"},
		{spelled(identity.ContentActive, identity.ContentPending, identity.ContentRejected), "ACTIVE PENDING REJECTED"},
		{spelled(identity.ChangeAdministrative, identity.ChangeBreached, identity.ChangeExpired, identity.ChangeValidation),
			"Administrative Breached Expired Validation"},
		{spelled(identity.BreachNone, identity.BreachExactMatch, identity.BreachSubAddress, identity.BreachPasswordOnly, identity.BreachCommonPassword),
			"None ExactMatch SubAddressMatch PasswordOnly CommonPassword"},
		{spelled(identity.HmacSHA1, identity.HmacSHA256, identity.HmacSHA512), "HmacSHA1 HmacSHA256 HmacSHA512"},
		{spelled(identity.ClickableLink, identity.FormField), "ClickableLink FormField"},
		{spelled(identity.Allow, identity.Gated), "Allow Gated"},
		{spelled(identity.MultiFactorDisabled, identity.MultiFactorEnabled, identity.MultiFactorRequired), "Disabled Enabled Required"},
		{spelled(identity.TrustAny, identity.TrustThis, identity.TrustNone), "Any This None"},
		{spelled(identity.Reusable, identity.OneTimeUse), "Reusable OneTimeUse"},
		{spelled(identity.Fixed, identity.Sliding, identity.SlidingWithinMaximum), "Fixed SlidingWindow SlidingWindowWithMaximumLifetime"},
		{spelled(identity.ThreatBotDetected, identity.ThreatBlocklistedIP, identity.ThreatDormantAccount, identity.ThreatDormantPassword,
			identity.ThreatImpossibleTravel, identity.ThreatRecentIdentityChange, identity.ThreatRecentPasswordChange,
			identity.ThreatSuspiciousUserAgent, identity.ThreatUnrecognizedDevice, identity.ThreatUntrustedDevice),
			"BotDetected BlocklistedIp DormantAccount DormantPassword ImpossibleTravel RecentIdentityChange RecentPasswordChange " +
				"SuspiciousUserAgent UnrecognizedDevice UntrustedDevice"},
		{spelled(identity.StateActive, identity.StateInactive, identity.StatePendingDelete), "Active Inactive PendingDelete"},
		{spelled(identity.MethodAuthenticator, identity.MethodEmail, identity.MethodSMS), "authenticator email sms"},
		{spelled(identity.DeviceBrowser, identity.DeviceDesktop, identity.DeviceLaptop, identity.DeviceMobile, identity.DeviceOther,
			identity.DeviceServer, identity.DeviceTablet, identity.DeviceTV, identity.DeviceUnknown),
			"BROWSER DESKTOP LAPTOP MOBILE OTHER SERVER TABLET TV UNKNOWN"},
	} {
		if c.got != c.want {
			t.Errorf("spelled %s, want %s", c.got, c.want)
		}
	}
}

func spelled[T ~string](values ...T) string {
	var words []string
	for _, v := range values {
		words = append(words, string(v))
	}
	return strings.Join(words, " ")
}

// S0-51..S0-55: no more and no fewer names than documented, so that nothing that
// is added here reaches a response unseen.
func TestNamesOnTheWire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   any
		want string
	}{
		{identity.User{}, "active birthDate breachedPasswordLastCheckedInstant breachedPasswordStatus cleanSpeakId connectorId data email expiry " +
			"firstName fullName id identities imageUrl insertInstant lastLoginInstant lastName lastUpdateInstant memberships middleName mobilePhone " +
			"parentEmail passwordChangeReason passwordChangeRequired passwordLastUpdateInstant phoneNumber preferredLanguages registrations tenantId " +
			"timezone twoFactor uniqueUsername username usernameStatus verified verifiedInstant"},
		{identity.UserIdentity{}, "displayValue insertInstant lastLoginInstant lastUpdateInstant moderationStatus primary type value verified " +
			"verifiedInstant verifiedReason"},
		{identity.Registration{}, "applicationId cleanSpeakId data id insertInstant lastLoginInstant lastUpdateInstant preferredLanguages roles " +
			"timezone username usernameStatus verified verifiedInstant"},
		{identity.Membership{}, "data groupId id insertInstant userId"},
		{identity.TwoFactor{}, "methods"},
		{identity.TwoFactorMethod{}, "authenticator email id lastUsed method mobilePhone name"},
		{identity.Authenticator{}, "algorithm codeLength timeStep"},
		{identity.Action{}, "actionId actionerUserId expiry localizedName localizedOption localizedReason name option reason reasonCode"},
	} {
		var got []string
		for field := range reflect.TypeOf(c.of).Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if want := strings.Fields(c.want); !slices.Equal(got, want) {
			t.Errorf("%T has %v, want %v", c.of, got, want)
		}
	}
}

func TestAbsentIsAbsent(t *testing.T) {
	t.Parallel()
	for v, want := range map[any]string{
		&identity.User{}:            `{"active":false,"verified":false,"passwordChangeRequired":false}`,
		&identity.UserIdentity{}:    `{"primary":false,"verified":false}`,
		&identity.Registration{}:    `{"verified":false}`,
		&identity.Membership{}:      `{}`,
		&identity.TwoFactorMethod{}: `{}`,
		&identity.Action{}:          `{}`,
		&identity.Tenant{}:          `{}`,
		&identity.Application{}:     `{}`,
	} {
		if got := string(encode(t, v)); got != want {
			t.Errorf("a zero %T is %s, want %s", v, got, want)
		}
	}
	u := decode[identity.User](t, `{"identities":[],"registrations":[],"memberships":[],"twoFactor":{"methods":[]},"preferredLanguages":[],"data":null,"expiry":null,"birthDate":null}`)
	wantSameJSON(t, encode(t, u), []byte(`{"active":false,"verified":false,"passwordChangeRequired":false}`))
}

// S3-193..S3-195: fields that are no more are tolerated, and not given.
// S2-96, S2-101, S2-103: nor is what no response carries.
func TestUserIgnoresWhatItDoesNotCarry(t *testing.T) {
	t.Parallel()
	u := decode[identity.User](t, `{"twoFactorDelivery":"None","twoFactorEnabled":true,"password":"p","salt":"s","factor":1,`+
		`"twoFactor":{"recoveryCodes":["r"],"methods":[{"id":"a","secret":"s"}]},"registrations":[{"tokens":{"Facebook":"t"},"authenticationToken":"t"}],`+
		`"memberships":[{"id":"m","user":{"value":"<Circular reference to #/components/schemas/User detected>"}}]}`)
	wantSameJSON(t, encode(t, u), []byte(`{"active":false,"verified":false,"passwordChangeRequired":false,`+
		`"twoFactor":{"methods":[{"id":"a"}]},"registrations":[{"verified":false}],"memberships":[{"id":"m"}]}`))
	if !u.Password.IsZero() || !u.TwoFactor.Methods[0].Secret.IsZero() || u.TwoFactor.RecoveryCodes != nil {
		t.Error("a secret came in by JSON")
	}
}

// S0-27, S0-33..S0-36: an action on the wire; S2-26, S2-28..S2-35.
func TestActionOnTheWire(t *testing.T) {
	t.Parallel()
	document := `{"actionId":"a","actionerUserId":"b","expiry":1742936980069,"localizedName":"c","localizedOption":"d","localizedReason":"e",` +
		`"name":"f","option":"g","reason":"h","reasonCode":"i"}`
	a := decode[identity.Action](t, document)
	a.PreventLogin = true
	wantSameJSON(t, encode(t, a), []byte(document))
}

// FuzzUser: whatever decodes encodes, and decodes to the same again.
func FuzzUser(f *testing.F) {
	for _, name := range []string{"testdata/user_seed002.json", "testdata/user_seed003.json"} {
		document, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var u identity.User
		if json.Unmarshal(data, &u) != nil {
			return
		}
		first := encode(t, u)
		again := decode[identity.User](t, string(first))
		if second := encode(t, again); !slices.Equal(first, second) {
			t.Fatalf("%s\nencodes as\n%s\nand then as\n%s", data, first, second)
		}
		_ = u.Check()
		_ = u.Secured().String()
	})
}
