package handlers

import (
	"context"
	"crypto/rand"
	"net/url"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

type webhookItem struct {
	ID        int64  `json:"id" doc:"The webhook's number, which is its recipient's."`
	URL       string `json:"url" doc:"Where alerts are posted."`
	Language  string `json:"language" enum:"ko,en" doc:"Of its messages."`
	Active    bool   `json:"active" doc:"Whether anything is posted."`
	OffReason string `json:"off_reason" doc:"Why not, as far as it is known."`
}

type newWebhookBody struct {
	Webhook webhookItem `json:"webhook" doc:"The webhook."`
	Secret  string      `json:"secret" doc:"By which what is posted is signed. It is shown this once."`
}

type createWebhookRequest struct {
	URL      string `json:"url" required:"true" max:"1000" secret:"true" doc:"An http or https address that is reached from outside: one of this machine's own network is never dialled. Named again, it gets another secret."`
	Language string `json:"language" enum:"ko,en" default:"ko" doc:"Of its messages."`
}

func toWebhook(r notice.Recipient) webhookItem {
	return webhookItem{ID: r.ID, URL: r.HookURL, Language: r.Language, Active: r.Active, OffReason: r.OffReason}
}

func (a *api) listWebhooks(ctx context.Context, call Call, req pageQuery) (page[webhookItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[webhookItem]{}, err
	}
	rows, err := a.DB.Webhooks(ctx, after.ID, req.Limit+1)
	if err != nil {
		return page[webhookItem]{}, err
	}
	return newPage(a, call, req, rows, func(r notice.Recipient) position { return position{Position: store.Position{ID: r.ID}} }, toWebhook), nil
}

// webhookCap is how many messages a day a webhook takes: a program reads them.
const webhookCap = 100

func (a *api) createWebhook(ctx context.Context, _ Call, req createWebhookRequest) (newWebhookBody, error) {
	u, err := url.Parse(req.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return newWebhookBody{}, fault.InvalidField("url", "it must be an http or https address without a user")
	}
	rule := notice.DefaultRule()
	rule.QuietTo, rule.DailyCap, rule.Digest = rule.QuietFrom, webhookCap, false
	r := notice.Recipient{HookURL: req.URL, HookSecret: rand.Text(), Language: req.Language, Active: true, WatchAll: true, Rule: rule}
	if r.ID, err = a.DB.CreateWebhook(ctx, r); err != nil {
		return newWebhookBody{}, err
	}
	return newWebhookBody{Webhook: toWebhook(r), Secret: r.HookSecret}, nil
}

type deleteWebhookRequest struct {
	ID int64 `path:"id" doc:"The webhook's number."`
}

func (a *api) deleteWebhook(ctx context.Context, _ Call, req deleteWebhookRequest) (none, error) {
	return none{}, a.DB.DeleteWebhook(ctx, req.ID)
}
