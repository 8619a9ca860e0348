package upstream_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"tickerwire/internal/upstream"
)

func encode(t testing.TB, enc encoding.Encoding, text string) string {
	t.Helper()
	out, err := enc.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestText(t *testing.T) {
	t.Parallel()
	const text = "가상전자, 똠방각하 펲시콜라 전략" // the odd syllables are in CP949 only
	cp949 := encode(t, korean.EUCKR, text)
	utf16 := encode(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), text)
	xml := func(label, body string) string {
		return `<?xml version="1.0" encoding="` + label + `"?><t>` + body + `</t>`
	}
	for _, c := range []struct{ name, body, contentType, want string }{
		{"utf-8, nothing declared", text, "", text},
		{"ascii", "plain", "", "plain"},
		{"empty", "", "text/html; charset=euc-kr", ""},
		{"header", cp949, "text/html; charset=EUC-KR", text},
		{"header with an alias", cp949, "text/html; charset=\"MS949\"", text},
		{"xml declaration", xml("euc-kr", cp949), "application/xml", xml("euc-kr", text)},
		{"xml declaration with single quotes", `<?xml version='1.0' encoding='CP949'?>` + cp949, "", `<?xml version='1.0' encoding='CP949'?>` + text},
		{"html meta", `<html><head><META charset=euc-kr>` + cp949, "text/html", `<html><head><META charset=euc-kr>` + text},
		{"html http-equiv", `<meta http-equiv="Content-Type" content="text/html; charset=ks_c_5601-1987">` + cp949, "text/html", `<meta http-equiv="Content-Type" content="text/html; charset=ks_c_5601-1987">` + text},
		{"sniffed", cp949, "", text},
		{"the header says utf-8 and is wrong", cp949, "text/html; charset=utf-8", text},
		{"the header says euc-kr and is wrong", text, "text/html; charset=euc-kr", text},
		{"the declaration says euc-kr and is wrong", xml("euc-kr", text), "", xml("euc-kr", text)},
		{"an unknown label", cp949, "text/html; charset=martian", text},
		{"utf-8 mark", "\xEF\xBB\xBF" + text, "text/html; charset=euc-kr", text},
		{"utf-16 mark", utf16, "", text},
		{"latin-1 by header", "caf\xe9", "text/plain; charset=iso-8859-1", "café"},
		{"utf-8 without hangul", "café – 5%", "text/plain; charset=utf-8", "café – 5%"},
		{"utf-8 around cp949", "<t>" + text + "</t><t>" + cp949 + "</t>", "text/xml; charset=utf-8", "<t>" + text + "</t><t>" + text + "</t>"},
		{"cp949 around utf-8", xml("euc-kr", cp949+"</t>\n<t>"+text), "", xml("euc-kr", text+"</t>\n<t>"+text)},
		{"both within an attribute's quotes", `<a t="` + cp949 + `" u="` + text + `">`, "", `<a t="` + text + `" u="` + text + `">`},
		{"utf-8 with one damaged element", "<t>" + text + "</t><t>가상\xff전자</t>", "text/xml; charset=utf-8", "<t>" + text + "</t><t>가상\uFFFD전자</t>"},
		{"the header before the declaration", xml("utf-8", cp949), "text/xml; charset=cp949", xml("utf-8", text)},
		{"beyond repair", "가상\xff전자", "text/plain; charset=utf-8", "가상\uFFFD전자"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := upstream.Text([]byte(c.body), c.contentType); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("가상전자"), "text/html; charset=utf-8")
	f.Add([]byte(encode(f, korean.EUCKR, "가상전자")), "application/xml")
	f.Add([]byte("\xFE\xFF\xAC\x00"), "")
	f.Add([]byte(`<?xml version="1.0" encoding="euc-kr"?>`), "text/xml; charset=")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		text := upstream.Text(body, contentType)
		if !utf8.ValidString(text) {
			t.Errorf("%q is no UTF-8", text)
		}
		marked := strings.HasPrefix(string(body), "\uFEFF")
		if utf8.Valid(body) && strings.ContainsRune(string(body), '가') && !marked && text != string(body) {
			t.Errorf("Korean UTF-8 %q became %q", body, text)
		}
	})
}

func FuzzParseInt(f *testing.F) {
	for _, seed := range []string{"1,234", "-", "", "-300", "1.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := upstream.ParseInt(text)
		if err != nil && n != 0 {
			t.Errorf("%q: %d beside %v", text, n, err)
		}
	})
}
