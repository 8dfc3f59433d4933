package messenger_test

import (
	"testing"

	"github.com/gatehouse-go/gatehouse/messenger"
	"github.com/gatehouse-go/gatehouse/secret"
)

func BenchmarkOutboxSend(b *testing.B) {
	outbox, err := messenger.NewOutbox(messenger.OutboxConfig{Next: messenger.ByChannel{}, Size: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	m := login()
	m.Decoy = true
	for b.Loop() {
		if err := outbox.Send(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	templates := newTemplates(b, messenger.TemplateConfig{})
	m := login()
	for b.Loop() {
		if _, err := templates.Render(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewTemplates(b *testing.B) {
	for b.Loop() {
		newTemplates(b, messenger.TemplateConfig{})
	}
}

func BenchmarkLinksURL(b *testing.B) {
	links := newLinks(b, "https://www.piedpiper.com/login")
	code := secret.New("fr3RGqQsaZ6vQ2u8JBF1W6Y9n5rYqVfZ0t4yJ3pXhKo")
	for b.Loop() {
		links.URL(code, secret.Text{}, nil)
	}
}
