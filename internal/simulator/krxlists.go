package simulator

import (
	"fmt"
	"math"
	"time"

	"tickerwire/internal/market"
)

// krxListing is a row of the symbols' service, where ISU_CD is the ISIN.
type krxListing struct {
	ISIN    string `json:"ISU_CD"`
	Code    string `json:"ISU_SRT_CD"`
	Legal   string `json:"ISU_NM"`
	Short   string `json:"ISU_ABBRV"`
	English string `json:"ISU_ENG_NM"`
	Since   string `json:"LIST_DD"`
	Market  string `json:"MKT_TP_NM"`
	Group   string `json:"SECUGRP_NM"`
	Section string `json:"SECT_TP_NM"`
	Kind    string `json:"KIND_STKCERT_TP_NM"`
	Par     string `json:"PARVAL"`
	Shares  string `json:"LIST_SHRS"`
}

func (k *krx) listed(board string) []krxListing {
	rows, write := []krxListing{}, writer(board)
	for _, c := range k.world.Companies() {
		if c.Market == board {
			rows = append(rows, krxListing{ISIN: "KR7" + string(c.Code) + "003", Code: string(c.Code), Legal: c.Name + "보통주", Short: c.Name,
				English: "Simulated " + string(c.Code), Since: "20100104", Market: c.Market, Group: "주권", Kind: "보통주", Par: write(500), Shares: write(c.Shares)})
		}
	}
	return rows
}

// krxIndex is a row of the indices' service.
type krxIndex struct {
	Day    string `json:"BAS_DD"`
	Class  string `json:"IDX_CLSS"`
	Name   string `json:"IDX_NM"`
	Close  string `json:"CLSPRC_IDX"`
	Open   string `json:"OPNPRC_IDX"`
	High   string `json:"HGPRC_IDX"`
	Low    string `json:"LWPRC_IDX"`
	Volume string `json:"ACC_TRDVOL"`
}

// indices returns a board's indices of a day: its own, on KOSPI the 200 too, and one that nobody asked for.
func (k *krx) indices(board string, day market.Day, now time.Time) ([]krxIndex, error) {
	names := []struct{ ours, theirs string }{{"KOSDAQ", "코스닥"}}
	write := groupedLevel
	if board == "KOSPI" {
		names = []struct{ ours, theirs string }{{"KOSPI", "코스피"}, {"KOSPI200", "코스피 200"}}
		write = level
	}
	rows := []krxIndex{}
	for _, name := range names {
		days, err := k.world.closedIndices(name.ours, now)
		if err != nil {
			return nil, err
		}
		for _, x := range days {
			if x.Day == day {
				rows = append(rows, krxIndex{Day: day.Compact(), Class: board, Name: name.theirs, Close: write(x.Close), Open: write(x.Open),
					High: write(x.High), Low: write(x.Low), Volume: "0"})
			}
		}
	}
	if len(rows) > 0 {
		rows = append(rows, krxIndex{Day: day.Compact(), Class: board, Name: rows[0].Name + " (외국주포함)", Close: "-", Open: "-", High: "-", Low: "-", Volume: "-"})
	}
	return rows, nil
}

func groupedLevel(points float64) string {
	cents := int64(math.Round(points * 100))
	return fmt.Sprintf("%s.%02d", grouped(cents/100), cents%100)
}
