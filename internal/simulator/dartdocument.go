package simulator

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
)

var receiptForm = regexp.MustCompile(`^\d{14}$`)

// dartDocument is the text of a filing.
type dartDocument struct {
	XMLName xml.Name `xml:"DOCUMENT"`
	Name    string   `xml:"DOCUMENT-NAME"`
	Company struct {
		Number string `xml:"AREGCIK,attr"`
		Name   string `xml:",chardata"`
	} `xml:"COMPANY-NAME"`
	Title string   `xml:"BODY>TITLE"`
	Lines []string `xml:"BODY>P"`
}

// document answers the zip of a filing's text. The file inside is EUC-KR when the filing went through the exchange and
// UTF-8 otherwise; a receipt that is not out yet has no file.
func (d *dart) document(r *request, now time.Time) answer {
	receipt := r.URL.Query().Get("rcept_no")
	if !receiptForm.MatchString(receipt) {
		return dartRefusal(r, "100", dartMessages()["100"]+" (rcept_no)")
	}
	visible, err := d.world.Items(now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	for i := range visible {
		if f := visible[i].Filing; f != nil && f.Receipt == receipt {
			return documentZip(f, visible[i].Title)
		}
	}
	return d.refused(r, "014")
}

func documentZip(f *Filing, title string) answer {
	row := dartRow(f)
	doc := dartDocument{Name: row.Report, Title: title, Lines: []string{"회사명: " + row.CorpName, "제출인: " + row.Filer, "접수일자: " + row.Day}}
	doc.Company.Number, doc.Company.Name = row.CorpCode, row.CorpName
	text, err := xml.MarshalIndent(doc, "", "  ")
	head := `<?xml version="1.0" encoding="utf-8"?>` + "\n"
	if err == nil && f.byExchange() {
		head = `<?xml version="1.0" encoding="euc-kr"?>` + "\n"
		text, err = encoding.HTMLEscapeUnsupported(korean.EUCKR.NewEncoder()).Bytes(text)
	}
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	packed, err := zipped(f.Receipt+".xml", append([]byte(head), text...))
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	return zipAnswer(f.Receipt+".zip", packed)
}

// zipAnswer is how DART hands out a zip.
func zipAnswer(name string, packed []byte) answer {
	header := contentType("application/x-msdownload;charset=UTF-8")
	header.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return answer{status: http.StatusOK, header: header, body: packed}
}
