package dart

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"golang.org/x/text/encoding/korean"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/upstream"
)

// Bounds of corpCode.xml. The real one unpacks to some 30 MB with 100,000 companies, 4,000 of them listed; each entry
// has a few hundred bytes.
const (
	maxUnpacked  = 128 << 20
	maxEntry     = 64 << 10
	maxListed    = 50_000
	corpFileName = "CORPCODE.xml"
)

// Filers returns the companies with a stock code, by DART's own numbers, in DART's order. It reads the whole list of
// filers (a zip of a few MB) as a stream and keeps the listed ones only, so that memory stays bounded whatever it
// unpacks to. Errors are those of Latest; a broken or oversized file is Unavailable, and then no filer is returned.
func (s *Source) Filers(ctx context.Context) ([]news.Filer, error) {
	base := s.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	res, err := s.Client.Do(ctx, upstream.Request{URL: base + "/api/corpCode.xml", Query: url.Values{"crtfc_key": {s.Key}},
		Key: name, Secrets: []string{s.Key}})
	if res == nil {
		return nil, fmt.Errorf("dart: filers: %w", err)
	}
	filers, err := s.readFilers(res, err)
	if err != nil {
		return nil, fmt.Errorf("dart: filers: %w", s.Client.Heed(ctx, name, err))
	}
	return filers, nil
}

// readFilers tells the zip from an error by its first bytes: an error is XML or JSON whatever the header says.
func (s *Source) readFilers(res *upstream.Response, status error) ([]news.Filer, error) {
	if !bytes.HasPrefix(res.Body, []byte("PK")) || status != nil {
		if _, err := s.read(res, status); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.Unavailable, "the answer is no zip and no error of theirs")
	}
	filers, err := unzipFilers(res.Body)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "broken %s: %w", corpFileName, err)
	}
	return filers, nil
}

func unzipFilers(body []byte) (filers []news.Filer, err error) {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	for _, file := range archive.File {
		if !strings.EqualFold(file.Name, corpFileName) {
			continue
		}
		if file.UncompressedSize64 > maxUnpacked { // one that unpacks to more than it says is broken for archive/zip
			return nil, fmt.Errorf("it unpacks to %d bytes", file.UncompressedSize64)
		}
		in, err := file.Open()
		if err != nil {
			return nil, err
		}
		filers, err = parseFilers(in)
		return filers, errors.Join(err, in.Close())
	}
	return nil, errors.New("it is not in the zip")
}

// corp is one entry of the file.
type corp struct {
	Number string `xml:"corp_code"`
	Name   string `xml:"corp_name"`
	Stock  string `xml:"stock_code"` // blank padded, blank when unlisted
}

// parseFilers reads the entries one at a time. The file must be whole.
func parseFilers(in io.Reader) ([]news.Filer, error) {
	budget := &meter{in: in, entry: maxEntry}
	decoder := xml.NewDecoder(budget)
	decoder.CharsetReader = charset
	if err := root(decoder); err != nil {
		return nil, err
	}
	filers := []news.Filer{}
	for {
		budget.entry = maxEntry
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		switch element := token.(type) {
		case xml.EndElement: // of the root
			return filers, nothingMore(decoder)
		case xml.StartElement:
			var c corp
			if err := decoder.DecodeElement(&c, &element); err != nil {
				return nil, err
			}
			filer, listed := c.filer()
			if !listed {
				continue
			}
			if filers = append(filers, filer); len(filers) > maxListed {
				return nil, fmt.Errorf("more than %d listed companies", maxListed)
			}
		}
	}
}

// root reads up to the file's outermost element.
func root(decoder *xml.Decoder) error {
	for {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		if element, ok := token.(xml.StartElement); ok {
			if element.Name.Local != "result" {
				return fmt.Errorf("its root is <%.40s>", element.Name.Local)
			}
			return nil
		}
	}
}

// nothingMore reads to the file's end, where a zip's checksum is compared.
func nothingMore(decoder *xml.Decoder) error {
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if element, ok := token.(xml.StartElement); ok {
			return fmt.Errorf("<%.40s> stands behind its root", element.Name.Local)
		}
	}
}

// filer returns the company in our words; listed is false for one without a stock code.
func (c corp) filer() (filer news.Filer, listed bool) {
	code, err := market.ParseCode(strings.TrimSpace(c.Stock))
	number := strings.TrimSpace(c.Number)
	if err != nil || number == "" {
		return news.Filer{}, false
	}
	return news.Filer{Number: number, Code: code, Name: strings.Join(strings.Fields(c.Name), " ")}, true
}

// charset reads a declaration other than UTF-8; inner files have come as EUC-KR.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-8", "utf8":
		return in, nil
	case "euc-kr", "euckr", "cp949", "ks_c_5601-1987":
		return korean.EUCKR.NewDecoder().Reader(in), nil
	}
	return nil, fmt.Errorf("encoding %.40q", label)
}

// meter ends the reading of an entry without an end, which the decoder would keep in memory.
type meter struct {
	in    io.Reader
	entry int // bytes left, set anew before each entry
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if m.entry < 0 {
		return 0, fmt.Errorf("an entry of more than %d bytes", maxEntry)
	}
	n, err := m.in.Read(p[:min(len(p), 4096)])
	m.entry -= n
	return n, err
}
