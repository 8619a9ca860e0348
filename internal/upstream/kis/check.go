package kis

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/redis/go-redis/v9"
)

// checkedCode is the stock whose price Check asks for: one that will be listed for long.
const checkedCode = "005930"

// Check asks KIS one thing: the price of a stock with the fleet's token or, where the fleet has none, for a token, which
// becomes the fleet's. It returns what answered. A token that is refused is left to the next real question, which renews
// it. Errors are those of StockBars.
func (c *Client) Check(ctx context.Context) (string, error) {
	token, err := c.Redis.Get(ctx, c.tokenKey()).Result()
	if errors.Is(err, redis.Nil) {
		if _, err := c.token(ctx); err != nil {
			return "", fmt.Errorf("kis: %w", err)
		}
		return "a new token was given", nil
	}
	if err != nil {
		return "", fmt.Errorf("kis: %w", redisFault(ctx, err))
	}
	query := url.Values{"FID_COND_MRKT_DIV_CODE": {divisionKRX}, "FID_INPUT_ISCD": {checkedCode}}
	var anything struct{}
	if _, _, err := c.put(ctx, call{path: pricePath, transaction: priceTransaction, query: query}, token, &anything); err != nil {
		return "", fmt.Errorf("kis: price of %s: %w", checkedCode, err)
	}
	return "the token is good", nil
}
