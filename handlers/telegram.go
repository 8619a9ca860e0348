package handlers

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"io"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// linkLasts is how long a one-time code can be used.
const linkLasts = 10 * time.Minute

// codeLength is that of a one-time code: 5 bits a letter.
const codeLength = 16

type linkBody struct {
	Code      string  `json:"code" doc:"To be sent to the bot as /start CODE, once. It is shown nowhere else."`
	ExpiresAt instant `json:"expires_at" doc:"Until when it can be used, on the wall clock."`
	Bot       string  `json:"bot" doc:"The bot's user name, as in https://t.me/NAME?start=CODE; empty when it is not set up."`
}

// createLink makes a code by which a chat becomes the caller's; the one that he had before is gone.
func (a *api) createLink(ctx context.Context, call Call, _ nothing) (linkBody, error) {
	code := rand.Text()[:codeLength]
	expires, err := a.DB.SaveLinkCode(ctx, call.Actor.UserID, code, linkLasts)
	return linkBody{Code: code, ExpiresAt: instant(expires), Bot: a.TelegramBot}, err
}

func (a *api) deleteLink(ctx context.Context, call Call, _ nothing) (none, error) {
	return none{}, a.DB.Unlink(ctx, call.Actor.UserID)
}

// testBody is the answer to a test message that was ordered.
type testBody struct {
	ID int64 `json:"id" doc:"The test message's number."`
}

// testAlert orders a message to the caller's own chat.
func (a *api) testAlert(ctx context.Context, call Call, _ nothing) (testBody, error) {
	r, err := a.DB.RecipientOfUser(ctx, call.Actor.UserID)
	if fault.KindOf(err) == fault.NotFound || err == nil && (r.ChatID == 0 || !r.Active) {
		return testBody{}, fault.New(fault.Conflict, "no chat is linked")
	}
	if err != nil {
		return testBody{}, err
	}
	id, err := a.DB.AskTest(ctx, r.ID)
	if err != nil {
		return testBody{}, err
	}
	return testBody{ID: id}, a.Queue.TestOrdered(ctx, id)
}

// headerTelegramSecret is where Telegram shows the secret that it was given with the webhook's address.
const headerTelegramSecret = "X-Telegram-Bot-Api-Secret-Token" // #nosec G101 -- the name of a header

// takeUpdate keeps what Telegram posts; whoever listens to the bot's readers does the rest. Nothing is read of a body that
// comes without the secret. Telegram posts an update again until it is taken.
func (a *api) takeUpdate(ctx context.Context, call Call, _ nothing) (none, error) {
	if a.TelegramSecret == "" {
		return none{}, fault.New(fault.NotFound, "no webhook is set up")
	}
	if subtle.ConstantTimeCompare([]byte(call.request.Header.Get(headerTelegramSecret)), []byte(a.TelegramSecret)) != 1 {
		return none{}, fault.New(fault.Unauthorized, "this is not Telegram")
	}
	body, err := io.ReadAll(call.request.Body)
	if err != nil {
		return none{}, bodyError(err)
	}
	var update struct {
		ID int64 `json:"update_id"`
	}
	if err := json.Unmarshal(body, &update); err != nil || update.ID <= 0 {
		return none{}, fault.InvalidField("update_id", "it is no update's")
	}
	return none{}, a.DB.SaveReceived(ctx, store.Received{ID: update.ID, Body: body})
}
