package simulator

import (
	"cmp"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"time"

	"tickerwire/internal/market"
)

// naverStock is the news beside one stock on Naver's mobile pages: groups of articles that came soon one after another,
// without a key.
type naverStock struct{ world World }

// together is how long after a group's newest article its oldest may lie.
const together = 30 * time.Minute

type stockGroup struct {
	Total int        `json:"total"`
	Items []stockRow `json:"items"`
}

type stockRow struct {
	ID         string `json:"id"`
	Office     string `json:"officeId"`
	OfficeName string `json:"officeName"`
	Article    string `json:"articleId"`
	At         string `json:"datetime"`
	Title      string `json:"title"`
	TitleFull  string `json:"titleFull"`
	Body       string `json:"body"`
	Mobile     string `json:"mobileNewsUrl"`
}

func (n naverStock) limited(*request) answer {
	a := plain(http.StatusTooManyRequests, "Too Many Requests")
	a.header.Set("Retry-After", "2")
	return a
}

func (n naverStock) answer(r *request, now time.Time) answer {
	code, ok := strings.CutPrefix(r.path, "/api/news/stock/")
	switch {
	case !ok:
		return plain(http.StatusNotFound, "Not Found")
	case r.Method != http.MethodGet:
		return plain(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	size, sizeOK := intWithin(r.URL.Query(), "pageSize", 20, 1, 100)
	number, numberOK := intWithin(r.URL.Query(), "page", 1, 1, 1000)
	if !sizeOK || !numberOK {
		return plain(http.StatusBadRequest, "Bad Request")
	}
	visible, err := n.world.Items(now)
	if err != nil {
		return plain(http.StatusInternalServerError, "simulator: "+err.Error())
	}
	groups := n.groups(visible, market.Code(code))
	shown := groups[min((number-1)*size, len(groups)):min(number*size, len(groups))]
	a := jsonAnswer(http.StatusOK, jsonUTF8, shown)
	a.source = "naverstock"
	for _, g := range shown {
		for _, row := range g.Items {
			a.ids = append(a.ids, row.ID)
		}
	}
	return a
}

// groups returns the groups of a stock's news, newest first; none for a code that is not listed.
func (n naverStock) groups(visible []Item, code market.Code) []stockGroup {
	groups := []stockGroup{}
	companies := n.world.Companies()
	i := slices.IndexFunc(companies, func(c Company) bool { return c.Code == code })
	if i < 0 {
		return groups
	}
	var mine []*Item
	for k := range visible {
		if item := &visible[k]; item.Filing == nil && strings.Contains(item.Title+"\n"+item.Summary, companies[i].Name) {
			mine = append(mine, item)
		}
	}
	slices.SortStableFunc(mine, func(a, b *Item) int {
		return cmp.Or(b.PublishedAt.Compare(a.PublishedAt), cmp.Compare(a.ID, b.ID))
	})
	var newest time.Time
	for _, item := range mine {
		if len(groups) == 0 || newest.Sub(item.PublishedAt) > together {
			newest = item.PublishedAt
			groups = append(groups, stockGroup{})
		}
		g := &groups[len(groups)-1]
		g.Items, g.Total = append(g.Items, stockRowOf(item)), g.Total+1
	}
	return groups
}

// stockRowOf invents the numbers under which Naver would keep the article.
func stockRowOf(item *Item) stockRow {
	office := fmt.Sprintf("%03d", 900+textSeed(item.Press)%100)
	article := fmt.Sprintf("%010d", textSeed(item.ID)%10_000_000_000)
	title := html.EscapeString(item.Title)
	return stockRow{ID: office + article, Office: office, OfficeName: item.Press, Article: article,
		At: item.PublishedAt.In(market.KST).Format("200601021504"), Title: title, TitleFull: title, Body: item.Summary,
		Mobile: "https://n.news.naver.com/mnews/article/" + office + "/" + article}
}
