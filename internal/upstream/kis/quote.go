package kis

import (
	"context"
	"fmt"
	"net/url"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

const (
	pricePath        = "inquire-price"
	priceTransaction = "FHKST01010100"
)

// priceRow is the answer's output; a key that is absent reads as "".
type priceRow struct {
	Price  string `json:"stck_prpr"`
	Base   string `json:"stck_sdpr"`
	Open   string `json:"stck_oprc"`
	High   string `json:"stck_hgpr"`
	Low    string `json:"stck_lwpr"`
	Upper  string `json:"stck_mxpr"`
	Lower  string `json:"stck_llam"`
	Volume string `json:"acml_vol"`
	Halted string `json:"temp_stop_yn"`
}

// Quote returns a stock's price of the moment on the exchange. It is NotFound where KIS names none, as on holidays and
// for a code that nobody listed; else errors are those of StockBars.
func (c *Client) Quote(ctx context.Context, code market.Code) (market.Quote, error) {
	var answer struct {
		Output *priceRow `json:"output"`
	}
	query := url.Values{"FID_COND_MRKT_DIV_CODE": {divisionKRX}, "FID_INPUT_ISCD": {string(code)}}
	_, err := c.ask(ctx, call{path: pricePath, transaction: priceTransaction, query: query}, &answer)
	if err != nil {
		return market.Quote{}, fmt.Errorf("kis: price of %s: %w", code, err)
	}
	if answer.Output == nil {
		return market.Quote{}, fault.New(fault.Unavailable, "kis: price of %s: the answer holds no output", code)
	}
	quote, err := answer.Output.read(code)
	if err != nil {
		return market.Quote{}, fmt.Errorf("kis: price of %s: %w", code, err)
	}
	quote.At = c.Now()
	return quote, nil
}

func (r priceRow) read(code market.Code) (market.Quote, error) {
	q := market.Quote{Code: code, Halted: r.Halted == "Y", Source: name}
	var f fields
	for into, text := range map[*int64]string{&q.Price: r.Price, &q.Base: r.Base, &q.Open: r.Open, &q.High: r.High, &q.Low: r.Low,
		&q.Upper: r.Upper, &q.Lower: r.Lower, &q.Volume: r.Volume} {
		*into = f.count(text)
	}
	switch {
	case f.err != nil:
		return market.Quote{}, f.err
	case q.Price == 0:
		return market.Quote{}, fault.New(fault.NotFound, "no price: a holiday, or no such stock")
	}
	return q, nil
}
