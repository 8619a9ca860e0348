package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/naver"
	"tickerwire/internal/upstream/telegram"
	"tickerwire/tasks"
)

// checker is a client that knows a cheap question of its own: one call, nothing that anybody notices.
type checker interface {
	Check(ctx context.Context) (means string, err error)
}

// What sources that are asked stock by stock are asked for: a stock that will be listed for long.
const (
	checkedCompany = "삼성전자"
	checkedCode    = "005930"
)

// outside returns the checks of the systems of others: those that are configured first.
func (d *doctor) outside(ctx context.Context) []probe {
	var limiter anyLimiter // nil limits nothing; see unable
	if d.quick != nil {
		shared, err := d.limiter(ctx)
		if err != nil {
			return []probe{{name: "limits", asked: "the settings", ask: failing(err)}}
		}
		limiter = shared
	}
	client := newClient(d.cfg, limiter)
	sources, err := newsSources(d.cfg, d.at, client, d.clock.now)
	if err != nil {
		return []probe{{name: "sources", asked: "the settings", ask: failing(advise(err, "mend the setting"))}}
	}
	var probes []probe
	for _, s := range sources {
		probes = append(probes, newsProbe(s))
	}
	var world outside
	d.openMarket(&world, d.cfg, d.at, client)
	if world.daily != nil {
		probes = append(probes, probe{name: "krx", asked: "rows of a Sunday", ask: world.daily.(checker).Check})
	}
	if world.stocks != nil {
		probes = append(probes, probe{name: "kis", asked: "a price, or a token", ask: world.stocks.(checker).Check})
	}
	if d.cfg.TelegramToken != "" {
		probes = append(probes, probe{name: "telegram", asked: "the bot's name", ask: func(ctx context.Context) (string, error) {
			return d.checkTelegram(ctx, limiter)
		}})
	}
	probes = append(probes, d.models(ctx, client)...)
	for i, p := range probes {
		probes[i].cures = d.cures(p.name)
		if reason := d.unable(p.name); reason != nil {
			probes[i].ask = failing(reason)
		}
	}
	return append(probes, d.unset(probes)...)
}

func failing(err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return "", err }
}

// newsProbe asks a source for its newest items: without a bookmark that is one page. A source without a key has its
// host's robots.txt asked before, as ever.
func newsProbe(s tasks.Source) probe {
	if c, ok := s.NewsSource.(checker); ok {
		return probe{name: s.Name(), asked: "today's list", ask: c.Check}
	}
	part, asked := "", "the feed"
	switch {
	case s.ByCode:
		part, asked = checkedCode, "one stock's news"
	case s.PerStock:
		part, asked = checkedCompany, "one search"
	}
	return probe{name: s.Name(), asked: asked, ask: func(ctx context.Context) (string, error) {
		items, _, err := s.Latest(ctx, part, "")
		return fmt.Sprintf("%d items", len(items)), err
	}}
}

// checkTelegram heeds the send guard, which is asked first.
func (d *doctor) checkTelegram(ctx context.Context, limiter telegram.Limiter) (string, error) {
	sender, err := newSender(d.cfg, d.at, limiter, d.log)
	if fault.KindOf(err) == fault.Forbidden {
		return "", unasked(err, "set TELEGRAM_REAL=true where real chats may be written to")
	}
	if err != nil {
		return "", err
	}
	return sender.Check(ctx)
}

// unable says why a system cannot be asked for want of Redis; nil: it can. Without a shared limit, because there is no
// fleet that we know of, one call does no harm; the broker's token, though, is nowhere else.
func (d *doctor) unable(name string) error {
	switch {
	case d.quick != nil:
		return nil
	case d.cfg.RedisURL != "":
		return unasked(errors.New("without Redis nobody knows whether a call may leave"), "mend Redis first")
	case name == "kis":
		return unasked(errors.New("its token is kept in Redis, and there is none"), "set REDIS_URL")
	}
	return nil
}

// services are what may be configured, beside feeds, and how.
var services = []struct{ name, set string }{
	{"naver", "set NAVER_CLIENT_ID, NAVER_CLIENT_SECRET and NAVER_PROFILE"},
	{"dart", "set DART_API_KEY"},
	{"krx", "set KRX_AUTH_KEY"},
	{"kis", "set KIS_APP_KEY and KIS_APP_SECRET"},
	{"telegram", "set TELEGRAM_TOKEN"},
	{"naverstock", "name it in UNOFFICIAL_SOURCES, if you answer for that"},
}

// unset returns a line for each service that none of the probes is of.
func (d *doctor) unset(probes []probe) []probe {
	var list []probe
	for _, s := range services {
		if !slices.ContainsFunc(probes, func(p probe) bool { return p.name == s.name }) {
			list = append(list, probe{name: s.name, set: s.set})
		}
	}
	if len(d.cfg.Feeds)+len(d.at.wire) == 0 {
		list = append(list, probe{name: "feeds", set: "set FEEDS"})
	}
	return list
}

// cures is what to do with one system about a cause, where it differs from what is done elsewhere.
func (d *doctor) cures(name string) map[upstream.Cause]string {
	system, _, _ := strings.Cut(name, ":")
	switch system {
	case openaiName:
		return modelCures
	case "naver":
		other := "set NAVER_PROFILE=legacy if the key is of developers.naver.com, else copy id and secret again"
		if d.cfg.NaverProfile == string(naver.Legacy) {
			other = "set NAVER_PROFILE=hub if the key is of NAVER API HUB, else copy id and secret again"
		}
		return map[upstream.Cause]string{upstream.WrongProfile: other, upstream.NotApproved: "add Search to the application of the key"}
	case "krx":
		return map[upstream.Cause]string{upstream.NotApproved: "apply for each of the six services at openapi.krx.co.kr"}
	case "kis":
		return map[upstream.Cause]string{upstream.KeyUnknown: "copy key and secret again; KIS_PAPER must be true for a paper account's, and only then"}
	}
	return nil
}

// limiter is the fleet's, with the rates of now. While Postgres is away the program's own rates count.
func (d *doctor) limiter(ctx context.Context) (patiently, error) {
	own, err := ownRates(d.cfg)
	if err != nil {
		return patiently{}, err
	}
	l := &limits{db: d.db, log: d.log, own: own, bucket: upstream.NewBucket(d.quick, own)}
	if d.db != nil {
		ctx, cancel := context.WithTimeout(ctx, d.limit)
		defer cancel()
		if err := l.read(ctx); err != nil {
			d.log.WarnContext(ctx, "limits not read", "error", err)
		}
	}
	return patiently{l.bucket}, nil
}

// anyLimiter limits whatever is asked.
type anyLimiter interface {
	upstream.Limiter
	telegram.Limiter
}

// patiently is the fleet's limiter for one who waits for his token as long as his context allows.
type patiently struct{ *upstream.Bucket }

// Take is upstream.Limiter's.
func (p patiently) Take(ctx context.Context, key string) error { return p.TakeAll(ctx, key) }

// TakeAll is telegram.Limiter's.
func (p patiently) TakeAll(ctx context.Context, keys ...string) error {
	for {
		err := p.Bucket.TakeAll(ctx, keys...)
		wait := fault.RetryAfterOf(err)
		deadline, limited := ctx.Deadline()
		if causeOf(err) != upstream.NoToken || limited && time.Until(deadline) < wait {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
