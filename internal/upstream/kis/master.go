package kis

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/korean"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// MasterURL is where KIS keeps its lists of symbols; it needs no key.
const MasterURL = "https://new.real.download.dws.co.kr"

// masters are the lists: a zip with one file each, a line per symbol, in CP949. A line is a short code of nine bytes, an
// ISIN of twelve, the name, and a tail of fixed length whose first two letters are the kind of security.
func masters() []master {
	return []master{{"KOSPI", "/common/master/kospi_code.mst.zip", 228}, {"KOSDAQ", "/common/master/kosdaq_code.mst.zip", 222}}
}

type master struct {
	market, path string
	tail         int // bytes
}

const (
	shortCodeBytes = 9
	headBytes      = shortCodeBytes + 12
	maxMaster      = 16 << 20 // bytes unpacked; the real lists have less than a megabyte
)

// companyKinds are the kinds of security that are shares in a company or trust: not funds, notes and warrants.
func companyKinds() []string { return []string{"ST", "FS", "DR", "RT", "MF", "SC", "IF"} }

// Listings returns the names of everything that KIS lists as shares, without a key and without a token. Errors are the
// HTTP client's; Unavailable for an archive that is broken, larger than anything sensible, or holds something else.
func (c *Client) Listings(ctx context.Context) ([]market.Listing, error) {
	base := c.MasterBase
	if base == "" {
		base = MasterURL
	}
	var all []market.Listing
	for _, m := range masters() {
		res, err := c.Client.Do(ctx, upstream.Request{URL: base + m.path, Key: "kis:master"})
		if err != nil {
			return nil, fmt.Errorf("kis: symbols of %s: %w", m.market, err)
		}
		text, err := unpack(res.Body)
		if err == nil {
			all, err = m.read(all, text)
		}
		if err != nil {
			return nil, fmt.Errorf("kis: symbols of %s: %w", m.market, err)
		}
	}
	return all, nil
}

// unpack returns the one file of a zip. What its directory says of sizes is not believed.
func unpack(packed []byte) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "no archive: %w", err)
	}
	var found *zip.File
	for _, file := range archive.File {
		if strings.HasSuffix(file.Name, ".mst") {
			if found != nil {
				return nil, fault.New(fault.Unavailable, "an archive of several lists")
			}
			found = file
		}
	}
	if found == nil {
		return nil, fault.New(fault.Unavailable, "an archive without a list")
	}
	open, err := found.Open()
	if err != nil {
		return nil, fault.New(fault.Unavailable, "%w", err)
	}
	defer open.Close()
	text, err := io.ReadAll(io.LimitReader(open, maxMaster+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.Unavailable, "%w", err)
	case len(text) > maxMaster:
		return nil, fault.New(fault.Unavailable, "a list of more than %d bytes", maxMaster)
	}
	return text, nil
}

// read appends the list's shares. A line that is too short, or a list without any share, is Unavailable: it is another
// list than ours.
func (m master) read(all []market.Listing, text []byte) ([]market.Listing, error) {
	before := len(all)
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		if len(line) < headBytes+m.tail {
			return nil, fault.New(fault.Unavailable, "a line of %d bytes", len(line))
		}
		code, err := market.ParseCode(strings.TrimSpace(string(line[:shortCodeBytes])))
		if kind := string(line[len(line)-m.tail:][:2]); err != nil || !slices.Contains(companyKinds(), kind) {
			continue // an ETN (Q123456), a warrant, a fund
		}
		name, err := korean.EUCKR.NewDecoder().Bytes(line[headBytes : len(line)-m.tail])
		if err != nil || strings.ContainsRune(string(name), '\uFFFD') {
			return nil, fault.New(fault.Unavailable, "the name of %s is no CP949", code)
		}
		if trimmed := strings.TrimSpace(string(name)); trimmed != "" {
			all = append(all, market.Listing{Code: code, Name: trimmed, Market: m.market})
		}
	}
	if len(all) == before {
		return nil, fault.New(fault.Unavailable, "a list without a single share")
	}
	return all, nil
}
