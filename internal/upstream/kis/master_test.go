package kis_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/kis"
	"tickerwire/internal/upstream/upstreamtest"
)

func answered(status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}
}

// fixed writes a list of symbols as KIS does: from tab-separated lines of code, ISIN, name and kind to columns of CP949.
func fixed(t testing.TB, tsv []byte, tail int) []byte {
	t.Helper()
	var out bytes.Buffer
	for line := range strings.Lines(string(tsv)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		name, err := korean.EUCKR.NewEncoder().String(f[2])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%-9s%-12s%s%s%-*s\r\n", f[0], f[1], name, strings.Repeat(" ", max(0, 40-len(name))), tail, f[3])
	}
	return out.Bytes()
}

func packed(t testing.TB, name string, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	file, err := archive.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func lists(t testing.TB) map[string][]byte {
	t.Helper()
	return map[string][]byte{
		"/common/master/kospi_code.mst.zip":  packed(t, "kospi_code.mst", fixed(t, upstreamtest.File(t, "kospi.tsv"), 228)),
		"/common/master/kosdaq_code.mst.zip": packed(t, "kosdaq_code.mst", fixed(t, upstreamtest.File(t, "kosdaq.tsv"), 222)),
	}
}

func TestListingsOfTheMasters(t *testing.T) {
	t.Parallel()
	files := lists(t)
	base := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Appkey") != "" || r.Header.Get("Authorization") != "" {
			t.Error("another host is shown a key")
		}
		if _, err := w.Write(files[r.URL.Path]); err != nil {
			t.Error(err)
		}
	}))
	listings, err := (&kis.Client{Client: &upstream.Client{}, MasterBase: base}).Listings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	upstreamtest.Golden(t, "listings", listings)
}

func TestMastersThatAreNone(t *testing.T) {
	t.Parallel()
	good := fixed(t, upstreamtest.File(t, "kospi.tsv"), 228)
	var several bytes.Buffer
	archive := zip.NewWriter(&several)
	for _, name := range []string{"a.mst", "b.mst"} {
		if _, err := archive.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	whole := packed(t, "kospi_code.mst", good)
	broken := bytes.Clone(whole)
	broken[60] ^= 0xff
	for name, body := range map[string][]byte{
		"nothing":            nil,
		"a page":             []byte("<html>점검</html>"),
		"half":               whole[:len(whole)/2],
		"broken bits":        broken,
		"another file":       packed(t, "readme.txt", good),
		"several lists":      several.Bytes(),
		"an empty list":      packed(t, "kospi_code.mst", nil),
		"short lines":        packed(t, "kospi_code.mst", []byte("900001   KR7900001003\n")),
		"no share at all":    packed(t, "kospi_code.mst", bytes.ReplaceAll(good, []byte("ST"), []byte("EF"))[:len(good)/6]),
		"names of UTF-8":     packed(t, "kospi_code.mst", []byte(fmt.Sprintf("%-9s%-12s%s%-228s\n", "900001", "KR7900001003", "\xff\xff가상", "ST"))),
		"a bomb (64 MB)":     packed(t, "kospi_code.mst", make([]byte, 64<<20)),
		"a line without end": packed(t, "kospi_code.mst", bytes.Repeat([]byte("9"), 17<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &kis.Client{Client: &upstream.Client{HTTP: &http.Client{Transport: replay{200, "", body}}}}
			if listings, err := k.Listings(t.Context()); listings != nil || fault.KindOf(err) != fault.Unavailable || !strings.HasPrefix(err.Error(), "kis: symbols of KOSPI: ") {
				t.Errorf("%d listings, %v", len(listings), err)
			}
		})
	}
	for status, kind := range map[int]fault.Kind{404: fault.NotFound, 503: fault.Unavailable, 429: fault.Limited} {
		k := &kis.Client{Client: &upstream.Client{HTTP: &http.Client{Transport: replay{status, "", nil}}}}
		if _, err := k.Listings(t.Context()); fault.KindOf(err) != kind {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func FuzzMaster(f *testing.F) {
	for _, body := range lists(f) {
		f.Add(body, false)
	}
	f.Add(fixed(f, upstreamtest.File(f, "kospi.tsv"), 228), true)
	f.Add(fixed(f, upstreamtest.File(f, "kosdaq.tsv"), 222), true)
	f.Fuzz(func(t *testing.T, body []byte, pack bool) {
		if pack {
			body = packed(t, "kospi_code.mst", body)
		}
		k := &kis.Client{Client: &upstream.Client{HTTP: &http.Client{Transport: replay{200, "", body}}}}
		listings, err := k.Listings(t.Context())
		if err != nil && (listings != nil || fault.KindOf(err) != fault.Unavailable) {
			t.Errorf("%d listings, %v", len(listings), err)
		}
		for _, l := range listings {
			if len(l.Code) != 6 || strings.TrimSpace(l.Name) == "" {
				t.Errorf("%+v", l)
			}
		}
	})
}
