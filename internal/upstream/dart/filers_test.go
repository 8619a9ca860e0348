package dart_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/upstreamtest"
)

// zipped packs one file.
func zipped(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	file, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// serve answers every request with a body, as the type that the server names for it.
func serve(t *testing.T, status int, contentType string, body []byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/corpCode.xml" || r.URL.Query().Get("crtfc_key") != key {
			t.Errorf("asked %s", r.URL)
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprintf(w, "%s", body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFilers(t *testing.T) {
	t.Parallel()
	plain := upstreamtest.File(t, "corpcode.xml")
	euckr, err := korean.EUCKR.NewEncoder().Bytes(bytes.Replace(plain, []byte("UTF-8"), []byte("EUC-KR"), 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"UTF-8": plain, "EUC-KR": euckr} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, http.StatusOK, "application/xml", zipped(t, "CORPCODE.xml", content))
			filers, err := source(address).Filers(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			upstreamtest.Golden(t, "corpcode", filers)
		})
	}
}

func TestFilersErrors(t *testing.T) {
	t.Parallel()
	const refusal = `<?xml version="1.0" encoding="UTF-8"?><result><status>%s</status><message>안내문 ` + key + `</message></result>`
	whole := zipped(t, "CORPCODE.xml", upstreamtest.File(t, "corpcode.xml"))
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/3] ^= 0xFF
	inner := func(text string) []byte { return zipped(t, "CORPCODE.xml", []byte(text)) }
	for _, c := range []struct {
		name   string
		status int
		body   []byte
		kind   fault.Kind
		wait   time.Duration
		says   string
	}{
		{"010 as XML", 200, fmt.Appendf(nil, refusal, "010"), fault.Unauthorized, 0, "안내문 ***"},
		{"020 as XML", 200, fmt.Appendf(nil, refusal, "020"), fault.Limited, 14*time.Hour + 45*time.Minute, "used up"},
		{"800 as XML", 200, fmt.Appendf(nil, refusal, "800"), fault.Unavailable, 0, "800"},
		{"901 as JSON", 200, []byte(`{"status":"901","message":"만료"}`), fault.Unauthorized, 0, "901"},
		{"nothing found", 200, []byte(nothing), fault.Unavailable, 0, "no zip"},
		{"a page", 200, []byte("<!doctype html><html><body>점검 중</body></html>"), fault.Unavailable, 0, `status ""`},
		{"empty", 200, nil, fault.Unavailable, 0, ""},
		{"502", 502, []byte("<html>"), fault.Unavailable, 0, "502"},
		{"a zip behind a 500", 500, whole, fault.Unavailable, 0, "500"},
		{"half a zip", 200, whole[:len(whole)/2], fault.Unavailable, 0, "broken"},
		{"a damaged zip", 200, damaged, fault.Unavailable, 0, "broken"},
		{"another file", 200, zipped(t, "README.txt", []byte("x")), fault.Unavailable, 0, "not in the zip"},
		{"cut within", 200, inner(`<result><list><corp_code>1</corp_code><stock_code>900001</stock_code></list>`), fault.Unavailable, 0, "broken"},
		{"another root", 200, inner(`<html></html>`), fault.Unavailable, 0, "root"},
		{"two roots", 200, inner(`<result></result><result></result>`), fault.Unavailable, 0, "behind its root"},
		{"another encoding", 200, inner(`<?xml version="1.0" encoding="shift_jis"?><result></result>`), fault.Unavailable, 0, "encoding"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			filers, err := source(serve(t, c.status, "application/xml;charset=UTF-8", c.body)).Filers(t.Context())
			if filers != nil || fault.KindOf(err) != c.kind || fault.RetryAfterOf(err) != c.wait {
				t.Fatalf("%v, kind %s after %s, want none, %s after %s: %v", filers, fault.KindOf(err), fault.RetryAfterOf(err), c.kind, c.wait, err)
			}
			if !strings.HasPrefix(err.Error(), "dart: filers: ") || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), key) {
				t.Errorf("message %v, want it to say %q", err, c.says)
			}
		})
	}
}

// TestFilersOfABomb unpacks what holds no end: it must stop early, and without keeping it. Not parallel: it measures the heap.
func TestFilersOfABomb(t *testing.T) {
	for name, unit := range map[string]string{
		"one long name":   "가",
		"elements nested": "<list>",
		"attributes":      ` a="b"`,
		"a comment":       "-",
		"empty entries":   "<list></list>\n",
	} {
		t.Run(name, func(t *testing.T) {
			head, size := "<result>", 4<<20
			switch name {
			case "one long name":
				head += "<list><corp_name>"
			case "attributes":
				head += "<list"
			case "a comment":
				head += "<!--"
			case "empty entries": // harmless one by one
				size = 160 << 20
			}
			body := bomb(t, head, unit, size)
			if len(body) > 10<<20 {
				t.Fatalf("the bomb has %d bytes packed: the client would not take it", len(body))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			filers, err := source("").ReadFilers(&upstream.Response{Status: http.StatusOK, Body: body}, nil)
			runtime.ReadMemStats(&after)
			if fault.KindOf(err) != fault.Unavailable || filers != nil {
				t.Errorf("%d filers, %v", len(filers), err)
			}
			if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 64<<20 {
				t.Errorf("the heap grew by %d MB", grown>>20)
			}
		})
	}
}

// bomb packs head and then units of text, size bytes of them. A block of text is packed once and repeated as it is: a
// packer without a past makes what can be put after anything.
func bomb(t *testing.T, head, unit string, size int) []byte {
	t.Helper()
	block := strings.Repeat(unit, 1<<20/len(unit))
	first, again, end := deflated(t, head), deflated(t, block), []byte{3, 0} // the last: an empty final block
	header := zip.FileHeader{Name: "CORPCODE.xml", Method: zip.Deflate, UncompressedSize64: uint64(len(head))}
	packed, sum := bytes.NewBuffer(first), crc32.ChecksumIEEE([]byte(head))
	for range size / len(block) {
		packed.Write(again)
		sum = crc32.Update(sum, crc32.IEEETable, []byte(block))
		header.UncompressedSize64 += uint64(len(block))
	}
	packed.Write(end)
	header.CRC32, header.CompressedSize64 = sum, uint64(packed.Len())
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	file, err := w.CreateRaw(&header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(packed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deflated packs text without a final block.
func deflated(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func FuzzReadFilers(f *testing.F) {
	f.Add(zipped(f, "CORPCODE.xml", upstreamtest.File(f, "corpcode.xml")))
	f.Add(zipped(f, "corpcode.XML", []byte("<result></result>")))
	f.Add([]byte(`<result><status>010</status></result>`))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, body []byte) {
		filers, err := source("").ReadFilers(&upstream.Response{Status: http.StatusOK, Body: body}, nil)
		checkFilers(t, len(filers), err)
	})
}

func FuzzParseFilers(f *testing.F) {
	f.Add(upstreamtest.File(f, "corpcode.xml"))
	f.Add([]byte(`<result><list><corp_code>1</corp_code><stock_code>90000K</stock_code></list></result>`))
	f.Add([]byte(`<?xml version="1.0" encoding="euc-kr"?><result><list/></result>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		filers, err := source("").ReadFilers(&upstream.Response{Status: http.StatusOK, Body: stored(body)}, nil)
		checkFilers(t, len(filers), err)
		for _, filer := range filers {
			if filer.Number == "" || len(filer.Code) != 6 {
				t.Errorf("%+v", filer)
			}
		}
	})
}

func checkFilers(t *testing.T, n int, err error) {
	t.Helper()
	if err != nil && (n > 0 || fault.KindOf(err) == fault.Internal) {
		t.Errorf("%d filers beside %v (%s)", n, err, fault.KindOf(err))
	}
}

// stored packs a file without compressing it, which is quick.
func stored(content []byte) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	file, err := w.CreateRaw(&zip.FileHeader{Name: "CORPCODE.xml", Method: zip.Store, CRC32: crc32.ChecksumIEEE(content),
		CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content))})
	if err != nil {
		panic(err) // a buffer never fails to be written
	}
	if _, err := file.Write(content); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
