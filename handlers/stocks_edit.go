package handlers

import (
	"context"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// trackedItem is a stock as admins set it up.
type trackedItem struct {
	Code     market.Code `json:"code" doc:"Six-character code; leading zeros count."`
	Name     string      `json:"name" doc:"The company's name, by which news finds it."`
	Aliases  []string    `json:"aliases" doc:"Other names by which news calls it."`
	Priority int         `json:"priority" doc:"1, watched most closely, to 5."`
	Active   bool        `json:"active" doc:"Whether it is followed."`
}

func toTracked(s market.Stock) trackedItem {
	return trackedItem{Code: s.Code, Name: s.Name, Aliases: notNil(s.Aliases), Priority: s.Priority, Active: s.Active}
}

func (a *api) listTracked(ctx context.Context, call Call, req pageQuery) (page[trackedItem], error) {
	after, err := a.after(call, req)
	if err != nil {
		return page[trackedItem]{}, err
	}
	rows, err := a.DB.Stocks(ctx, false)
	if err != nil {
		return page[trackedItem]{}, err
	}
	code := func(s market.Stock) string { return string(s.Code) }
	return newPage(a, call, req, behind(rows, after, code), func(s market.Stock) position { return position{Key: code(s)} }, toTracked), nil
}

// stockChange is what can be said of a stock; what is absent is left as it is, or takes its default.
type stockChange struct {
	Name     *string   `json:"name" min:"1" max:"50" doc:"The company's name, by which news finds it; needed for a new one."`
	Aliases  *[]string `json:"aliases" max:"20" doc:"Other names by which news calls it, at most 50 characters each."`
	Priority *int      `json:"priority" min:"1" max:"5" doc:"1, watched most closely, to 5; 3 for a new one."`
	Active   *bool     `json:"active" doc:"Whether it is followed; a new one is."`
}

const longestName = 50

func (c stockChange) apply(s *market.Stock) error {
	set(&s.Name, c.Name)
	set(&s.Aliases, c.Aliases)
	set(&s.Priority, c.Priority)
	set(&s.Active, c.Active)
	return checkStock(s)
}

// checkStock tidies a stock's names and checks them.
func checkStock(s *market.Stock) error {
	if s.Name = strings.TrimSpace(s.Name); s.Name == "" || len([]rune(s.Name)) > longestName {
		return fault.InvalidField("name", "it must have 1 to %d characters", longestName)
	}
	var aliases []string
	for _, alias := range s.Aliases {
		alias = strings.TrimSpace(alias)
		if alias == "" || len([]rune(alias)) > longestName {
			return fault.InvalidField("aliases", "each must have 1 to %d characters", longestName)
		}
		aliases = append(aliases, alias)
	}
	s.Aliases = sortedSet(aliases)
	return nil
}

type createStockRequest struct {
	Code market.Code `json:"code" required:"true" doc:"Six-character code; leading zeros count."`
	stockChange
}

func (a *api) createStock(ctx context.Context, _ Call, req createStockRequest) (trackedItem, error) {
	s := market.Stock{Code: req.Code, Priority: defaultPriority, Active: true}
	if err := req.apply(&s); err != nil {
		return trackedItem{}, err
	}
	return toTracked(s), a.DB.CreateStock(ctx, s)
}

const defaultPriority = 3

type patchStockRequest struct {
	codeRequest
	stockChange
}

func (a *api) patchStock(ctx context.Context, _ Call, req patchStockRequest) (trackedItem, error) {
	s, err := a.DB.EditStock(ctx, req.Code, req.apply)
	return toTracked(s), err
}

type deletedStock struct {
	Code   market.Code `json:"code" doc:"The stock's code."`
	Result string      `json:"result" enum:"deleted,deactivated" doc:"deactivated: news has named it, and what was said of it stays."`
}

func (a *api) deleteStock(ctx context.Context, _ Call, req codeRequest) (deletedStock, error) {
	deleted, err := a.DB.DeleteStock(ctx, req.Code)
	out := deletedStock{Code: req.Code, Result: "deactivated"}
	if deleted {
		out.Result = "deleted"
	}
	return out, err
}
