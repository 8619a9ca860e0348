package simulator

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/text/encoding/korean"
)

// master answers with a board's list of symbols: a zip with a file of fixed-width CP949 text.
func (k *kis) master(r *request) answer {
	board, ok := map[string]struct {
		market, file string
		tail         int
	}{
		"kospi_code.mst.zip":  {"KOSPI", "kospi_code.mst", 228},
		"kosdaq_code.mst.zip": {"KOSDAQ", "kosdaq_code.mst", 222},
	}[strings.TrimPrefix(r.path, kisMasters)]
	if !ok || r.Method != http.MethodGet {
		return plain(http.StatusNotFound, "Not Found")
	}
	var lines strings.Builder
	line := func(short, isin, name, kind string) {
		fmt.Fprintf(&lines, "%-9s%-12s%-20s%-*s\n", short, isin, name, board.tail, kind)
	}
	for _, c := range k.world.Companies() {
		if c.Market == board.market {
			line(string(c.Code), "KR7"+string(c.Code)+"003", c.Name, "ST")
		}
	}
	line("Q570099", "KRG570099001", "가온결 지수 ETN", "EN") // what is no share stands there, too
	encoded, err := korean.EUCKR.NewEncoder().Bytes([]byte(lines.String()))
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	packed, err := zipped(board.file, encoded)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	return answer{status: http.StatusOK, header: contentType("application/zip"), body: packed}
}

// zipped packs one file.
func zipped(name string, content []byte) ([]byte, error) {
	var buf bytes.Buffer
	archive := zip.NewWriter(&buf)
	file, err := archive.Create(name)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(content); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
