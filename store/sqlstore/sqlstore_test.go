package sqlstore

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-go/gatehouse/store"
)

func TestConfigIsRefusedByField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config Config
		field  string
	}{
		{Config{}, "Dialect"},
		{Config{Dialect: 99}, "Dialect"},
		{Config{Dialect: PostgreSQL, Prefix: "users; DROP TABLE users --"}, "Prefix"},
		{Config{Dialect: PostgreSQL, Prefix: "1st_"}, "Prefix"},
		{Config{Dialect: PostgreSQL, Prefix: "Gatehouse_"}, "Prefix"},
		{Config{Dialect: PostgreSQL, Prefix: "gatehouse\n"}, "Prefix"},
		{Config{Dialect: PostgreSQL, Prefix: strings.Repeat("a", 33)}, "Prefix"},
		{Config{Dialect: PostgreSQL, Schema: `a"b`}, "Schema"},
		{Config{Dialect: PostgreSQL, Schema: "a.b"}, "Schema"},
		{Config{Dialect: MySQL, Schema: "auth"}, "Schema"},
		{Config{Dialect: SQLite, Schema: "auth"}, "Schema"},
	} {
		var refused *ConfigError
		if _, err := Migrations(c.config); !errors.As(err, &refused) || refused.Field != c.field {
			t.Errorf("%+v: %v, want a *ConfigError of %s", c.config, err, c.field)
		}
	}
}

func TestMigrationsAreForTheTablesOfTheConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{Dialect: PostgreSQL, Schema: "auth"}, {Dialect: PostgreSQL}, {Dialect: MySQL}, {Dialect: SQLite}} {
		for _, prefix := range []string{"", "login_"} {
			c.Prefix = prefix
			steps, err := Migrations(c)
			if err != nil || len(steps) == 0 {
				t.Fatalf("%+v: %d steps, %v", c, len(steps), err)
			}
			want := "gatehouse_"
			if prefix != "" {
				want = prefix
			}
			if c.Schema != "" {
				want = `"auth".` + want
			}
			for i, m := range steps {
				switch {
				case m.Version != i+1, !strings.HasPrefix(m.Name, fmt.Sprintf("%04d_", m.Version)):
					t.Errorf("%+v: step %d is version %d, %s", c, i, m.Version, m.Name)
				case strings.ContainsAny(m.SQL, "@#?$"):
					t.Errorf("%+v: %s has a mark left in it", c, m.Name)
				case !strings.Contains(m.SQL, fmt.Sprintf("INSERT INTO %sschema (version, checksum) VALUES (%d,", want, m.Version)):
					t.Errorf("%+v: %s does not note that it was applied", c, m.Name)
				}
			}
		}
	}
}

func TestNamesOfTheLongestPrefixAreNotCut(t *testing.T) {
	t.Parallel()
	steps, err := Migrations(Config{Dialect: PostgreSQL, Prefix: strings.Repeat("p", 32)})
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(steps[0].SQL) {
		if strings.HasPrefix(word, "ppp") && len(word) > 63 {
			t.Errorf("%s has %d bytes, and PostgreSQL cuts names at 63", word, len(word))
		}
	}
}

func TestLongerRefusal(t *testing.T) {
	t.Parallel()
	never, short, long := &store.LimitError{}, &store.LimitError{RetryAfter: 1}, &store.LimitError{RetryAfter: 2}
	for _, c := range []struct{ a, b, want error }{
		{nil, nil, nil}, {nil, short, short}, {short, nil, short}, {short, long, long}, {long, short, long},
		{never, long, never}, {long, never, never}, {never, nil, never},
	} {
		if got := longer(c.a, c.b); got != c.want {
			t.Errorf("longer(%v, %v) is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
