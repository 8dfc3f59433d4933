package secret_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/secret"
)

func BenchmarkSum(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		secret.Sum("login", "1RWFVWX4pLUYwDCQ2fHKkU0ZMSEoDSUzMoeF40-Mkz8")
	}
}

func BenchmarkEqual(b *testing.B) {
	x, y := secret.New("123456"), secret.New("123457")
	b.ReportAllocs()
	for b.Loop() {
		x.Equal(y)
	}
}

func BenchmarkGenerator(b *testing.B) {
	for _, g := range generators {
		b.Run(string(g.Kind), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.New()
			}
		})
	}
}

func BenchmarkKeyring(b *testing.B) {
	ring, err := secret.NewKeyring(secret.GenerateKey("new"), secret.GenerateKey("old"))
	if err != nil {
		b.Fatal(err)
	}
	plain := []byte("123456")
	sealed := ring.Seal("code", plain, tenant, user)
	b.Run("Seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ring.Seal("code", plain, tenant, user)
		}
	})
	b.Run("Open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ring.Open("code", sealed, tenant, user); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("MAC", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ring.MAC("budget", tenant, user)
		}
	})
}
