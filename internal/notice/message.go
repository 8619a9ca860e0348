package notice

import (
	"fmt"

	"tickerwire/internal/market"
)

// Channel is a way to a recipient.
type Channel string

// The channels.
const (
	Telegram Channel = "telegram"
	Webhook  Channel = "webhook"
)

// Address is where a recipient is reached.
type Address struct {
	Channel Channel
	ChatID  int64  // of Telegram
	URL     string // of a webhook, with the secret that signs what is posted there
	Secret  string
}

// Address returns where the recipient is reached.
func (r Recipient) Address() Address {
	if r.HookURL != "" {
		return Address{Channel: Webhook, URL: r.HookURL, Secret: r.HookSecret}
	}
	return Address{Channel: Telegram, ChatID: r.ChatID}
}

// Message is one message to one recipient.
type Message struct {
	NoticeID int64 // the same at every try: a receiver that knows it has the message already
	Version  int   // of the text, from 1
	Text     string
	Buttons  [][]Button
}

// Button is one that a recipient can press under a message. What it says to the bot has at most 64 bytes.
type Button struct{ Label, Data string }

// Buttons returns the rows under an alert's message: give the stock up, be left alone for a day.
func Buttons(code market.Code, language string) [][]Button {
	w := wordsOf(language)
	return [][]Button{{{w.unwatch, ButtonUnwatch + string(code)}, {w.mute, ButtonMute}}}
}

// What the buttons say to the bot: the first is followed by a stock's code.
const (
	ButtonUnwatch = "unwatch:"
	ButtonMute    = "mute"
)

// Moved says that a group has become another chat; what was sent to the old one has not arrived.
type Moved struct{ ChatID int64 }

// Error names the new chat.
func (m *Moved) Error() string { return fmt.Sprintf("the group has become chat %d", m.ChatID) }
