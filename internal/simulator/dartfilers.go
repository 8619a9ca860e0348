package simulator

import (
	"encoding/xml"
	"net/http"
	"slices"
	"time"
)

// filerFile is CORPCODE.xml.
type filerFile struct {
	XMLName struct{}   `xml:"result"`
	List    []filerRow `xml:"list"`
}

type filerRow struct {
	Number   string `xml:"corp_code"`
	Name     string `xml:"corp_name"`
	English  string `xml:"corp_eng_name"`
	Stock    string `xml:"stock_code"` // padded with a blank, and a blank when there is none
	Modified string `xml:"modify_date"`
}

// filers answers the zip of all companies that have a number: those listed, and those of the filings shown so far.
func (d *dart) filers(now time.Time) answer {
	visible, err := d.world.Items(now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	var file filerFile
	for _, c := range d.world.Companies() {
		file.List = append(file.List, filerRow{Number: c.CorpCode(), Name: c.Name, Stock: string(c.Code) + " ", Modified: "20260102"})
	}
	for i := range visible {
		f := visible[i].Filing
		if f == nil || f.Company.Code != "" {
			continue
		}
		row := filerRow{Number: unlistedCorp(f.Filing.Company), Name: f.Filing.Company, Stock: " ", Modified: "20260102"}
		if !slices.Contains(file.List, row) {
			file.List = append(file.List, row)
		}
	}
	body, err := zipOf("CORPCODE.xml", file)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	return zipAnswer("CORPCODE.zip", body)
}

// zipOf packs one XML file.
func zipOf(name string, v any) ([]byte, error) {
	text, err := xml.MarshalIndent(v, "", "    ")
	if err != nil {
		return nil, err
	}
	return zipped(name, append([]byte(xml.Header), text...))
}
