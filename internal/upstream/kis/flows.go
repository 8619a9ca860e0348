package kis

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

const (
	flowsPath        = "inquire-investor"
	flowsTransaction = "FHKST01010900"
)

// flowRow is one day of output, newest first. Amounts are in million won; "foreign" includes other foreigners.
type flowRow struct {
	Day                string `json:"stck_bsop_date"`
	Persons            string `json:"prsn_ntby_qty"`
	PersonsAmount      string `json:"prsn_ntby_tr_pbmn"`
	Foreigners         string `json:"frgn_ntby_qty"`
	ForeignersAmount   string `json:"frgn_ntby_tr_pbmn"`
	Institutions       string `json:"orgn_ntby_qty"`
	InstitutionsAmount string `json:"orgn_ntby_tr_pbmn"`
}

// Flows returns what investors bought and sold of a stock on the last thirty days or so, oldest first. A day counts as
// known 35 minutes after its close, like its bar: earlier, its row is left out, be it empty or not. Errors are those of
// StockBars.
func (c *Client) Flows(ctx context.Context, code market.Code) ([]market.Flow, error) {
	var answer struct {
		Rows *[]flowRow `json:"output"`
	}
	query := url.Values{"FID_COND_MRKT_DIV_CODE": {divisionKRX}, "FID_INPUT_ISCD": {string(code)}}
	_, err := c.ask(ctx, call{path: flowsPath, transaction: flowsTransaction, query: query}, &answer)
	if err != nil {
		return nil, fmt.Errorf("kis: flows of %s: %w", code, err)
	}
	if answer.Rows == nil {
		return nil, fault.New(fault.Unavailable, "kis: flows of %s: the answer holds no output", code)
	}
	flows, err := c.readFlows(*answer.Rows, code)
	if err != nil {
		return nil, fmt.Errorf("kis: flows of %s: %w", code, err)
	}
	return flows, nil
}

func (c *Client) readFlows(rows []flowRow, code market.Code) ([]market.Flow, error) {
	var flows []market.Flow
	for _, row := range rows {
		if row.Day == "" {
			continue // a placeholder
		}
		var f fields
		flow := market.Flow{Code: code, Day: f.day(row.Day), Source: name,
			Persons:      market.NetBuying{Shares: f.number(row.Persons), Won: f.million(row.PersonsAmount)},
			Foreigners:   market.NetBuying{Shares: f.number(row.Foreigners), Won: f.million(row.ForeignersAmount)},
			Institutions: market.NetBuying{Shares: f.number(row.Institutions), Won: f.million(row.InstitutionsAmount)}}
		if f.err != nil {
			return nil, f.err
		}
		official, err := c.official(flow.Day)
		if err != nil {
			return nil, err
		}
		if official.IsZero() || row.Persons == "" && row.Foreigners == "" && row.Institutions == "" {
			continue
		}
		flow.KnownAt = official
		flows = append(flows, flow)
	}
	slices.SortStableFunc(flows, func(a, b market.Flow) int { return int(a.Day - b.Day) })
	return slices.CompactFunc(flows, func(a, b market.Flow) bool { return a.Day == b.Day }), nil
}
