package messenger

import (
	"slices"
	"strings"
)

// maxLocales bounds what a person's record can make a render look through.
const maxLocales = 32

// canonicalLocale returns a language tag with hyphens and in lower case: fr-CA,
// fr_CA and fr_CA.UTF-8 become fr-ca. What is no tag becomes "".
func canonicalLocale(s string) string {
	const longestTag = 64
	if len(s) > longestTag {
		return ""
	}
	if n := strings.IndexAny(s, ".@"); n >= 0 {
		s = s[:n]
	}
	tag := strings.ReplaceAll(lowerASCII(s), "_", "-")
	for subtag := range strings.SplitSeq(tag, "-") {
		if !isSubtag(subtag) {
			return ""
		}
	}
	return tag
}

// isSubtag follows RFC 5646 section 2.1: 1 to 8 letters or digits.
func isSubtag(s string) bool {
	if s == "" || len(s) > 8 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !isASCIIAlphanumeric(r) })
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

// parentLocale drops the last subtag, and with it one that only introduces it
// (RFC 4647 section 3.4). The parent of a bare language is "".
func parentLocale(tag string) string {
	n := strings.LastIndexByte(tag, '-')
	if n < 0 {
		return ""
	}
	tag = tag[:n]
	if n = strings.LastIndexByte(tag, '-'); n == len(tag)-2 && n > 0 {
		tag = tag[:n]
	}
	return tag
}

// matchLocale returns the first of a person's locales that has, or whose
// nearest ancestor has, what it takes; or "".
func matchLocale(preferred []string, has func(tag string) bool) string {
	for _, locale := range preferred[:min(len(preferred), maxLocales)] {
		for tag := canonicalLocale(locale); tag != ""; tag = parentLocale(tag) {
			if has(tag) {
				return tag
			}
		}
	}
	return ""
}

// lineage returns tag and its ancestors, the oldest first.
func lineage(tag string) []string {
	var tags []string
	for ; tag != ""; tag = parentLocale(tag) {
		tags = append(tags, tag)
	}
	slices.Reverse(tags)
	return tags
}
