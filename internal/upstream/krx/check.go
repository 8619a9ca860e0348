package krx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tickerwire/internal/market"
)

// Check asks for KOSPI's rows of a Sunday, whose answer is empty where the key is good and the service approved, and
// returns what that shows. The other services have approvals of their own. Errors are those of DailyBars, NotFound apart.
func (c *Client) Check(ctx context.Context) (string, error) {
	board, sunday := boards()[0], market.NewDay(2025, time.January, 5)
	if _, err := rowsOf[row](ctx, c, board.bars, sunday); err != nil && !errors.Is(err, errNoRows) {
		return "", fmt.Errorf("krx: daily bars of %s: %w", board.market, err)
	}
	return "the key is approved for KOSPI's daily rows", nil
}
