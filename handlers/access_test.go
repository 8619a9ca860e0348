package handlers_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"tickerwire/handlers"
	"tickerwire/store"
)

// operation is a line of the document.
type operation struct {
	method, template, path, scope string
}

// operations reads every operation of the document, with its path filled in.
func (s *site) operations() []operation {
	s.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Scope string `json:"x-scope"`
		}
	}
	s.get("", "/openapi.json").want(http.StatusOK).into(&doc)
	var out []operation
	for template, methods := range doc.Paths {
		id := "1"
		if strings.HasPrefix(template, "/api/users/") {
			id = "999999" // user 1 asks, and must not remove himself
		}
		for method, op := range methods {
			out = append(out, operation{method: strings.ToUpper(method), template: template, scope: op.Scope,
				path: strings.NewReplacer("{code}", "100001", "{id}", id, "{fingerprint}", "f", "{name}", "%ED%95%9C%EB%B9%9B%EC%8B%A0%EB%AC%B8", "{key}", "telegram%3A*").Replace(template)})
		}
	}
	if len(out) < 20 {
		s.Fatalf("the document has only %d operations", len(out))
	}
	return out
}

// mint signs a token as we would, with what differs.
func (s *site) mint(u store.User, sessionID int64, change func(claims jwt.MapClaims, header map[string]any) (jwt.SigningMethod, any)) string {
	s.Helper()
	key := keys().Access[0]
	claims := jwt.MapClaims{"iss": "tickerwire", "aud": "api", "sub": strconv.FormatInt(u.ID, 10), "role": u.Role,
		"sid": sessionID, "ver": u.Ver, "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix()}
	header := map[string]any{"kid": key.ID}
	var method jwt.SigningMethod = jwt.SigningMethodHS256
	var secret any = key.Secret
	if change != nil {
		if m, k := change(claims, header); m != nil {
			method, secret = m, k
		}
	}
	token := jwt.NewWithClaims(method, claims)
	for name, value := range header {
		token.Header[name] = value
	}
	text, err := token.SignedString(secret)
	if err != nil {
		s.Fatal(err)
	}
	return text
}

// session opens a session of a user without signing in.
func (s *site) session(id int64) (store.User, store.Session) {
	s.Helper()
	u, err := s.db.User(s.Context(), id)
	must(s, err)
	session, err := s.db.OpenSession(s.Context(), store.Session{UserID: id}, time.Hour)
	must(s, err)
	return u, session
}

type badToken struct {
	name   string
	change func(claims jwt.MapClaims, header map[string]any) (jwt.SigningMethod, any)
}

var badTokens = []badToken{
	{"expired", func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) {
		c["exp"] = time.Now().Add(-time.Second).Unix()
		return nil, nil
	}},
	{"without expiry", func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) { delete(c, "exp"); return nil, nil }},
	{"wrong key", func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any) {
		return jwt.SigningMethodHS256, []byte("some other key of 32 bytes or more")
	}},
	{"unknown key id", func(_ jwt.MapClaims, h map[string]any) (jwt.SigningMethod, any) { h["kid"] = "nobody"; return nil, nil }},
	{"no key id", func(_ jwt.MapClaims, h map[string]any) (jwt.SigningMethod, any) { h["kid"] = nil; return nil, nil }},
	{"alg none", func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any) {
		return jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	}},
	{"another algorithm", func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any) {
		return jwt.SigningMethodHS512, keys().Access[0].Secret
	}},
	{"another audience", func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) {
		c["aud"] = "monitor"
		return nil, nil
	}},
	{"another issuer", func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) {
		c["iss"] = "somebody"
		return nil, nil
	}},
	{"another user", func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) { c["sub"] = "999"; return nil, nil }},
	{"older version", func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) { c["ver"] = 0; return nil, nil }},
	{"no such session", func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) { c["sid"] = 999999; return nil, nil }},
}

// stale makes tokens that were good once.
func (s *site) stale() map[string]string {
	s.Helper()
	out := map[string]string{}
	u, session := s.session(s.user("revoked@example.com", "admin"))
	out["revoked session"] = s.mint(u, session.ID, nil)
	must(s, s.db.RevokeSession(s.Context(), session.ID, "test"))
	u, session = s.session(s.user("raised@example.com", "admin"))
	out["raised version"] = s.mint(u, session.ID, nil)
	must(s, s.db.RaiseVer(s.Context(), u.ID))
	u, session = s.session(s.user("left@example.com", "admin"))
	out["user switched off"] = s.mint(u, session.ID, nil)
	if _, err := s.db.Bun().ExecContext(s.Context(), `update users set active = false where id = ?`, u.ID); err != nil {
		s.Fatal(err)
	}
	out["malformed"], out["refresh token"] = "a.b.c", s.login("revoked@example.com").Refresh
	return out
}

func TestEveryRouteByEveryToken(t *testing.T) {
	t.Parallel()
	s := open(t, briefly)
	seed(t, s.db, 4)
	admin, session := s.session(s.user("admin@example.com", "admin"))
	bad := s.stale()
	for _, b := range badTokens {
		bad[b.name] = s.mint(admin, session.ID, b.change)
	}
	bad["none"] = ""
	allowed := map[string][]string{"self": {"user", "operator", "admin"}, "read": {"user", "operator", "admin"},
		"runs": {"operator", "admin"}, "failures": {"operator", "admin"}, "sources": {"admin"}, "limits": {"admin"}, "takedowns": {"admin"}, "ab-tests": {"admin"}, "alert-gate": {"admin"}, "recipients": {"operator", "admin"}, "webhooks": {"admin"}, "models": {"admin"}, "audit": {"admin"}, "monitor": {"operator", "admin"}, "queue:edit": {"admin"}, "schedules": {"admin"}, "workers": {"admin"}, "users": {"admin"}, "stocks": {"admin"}}
	ids := map[string]int64{"admin": admin.ID, "operator": s.user("operator@example.com", "operator"), "user": s.user("user@example.com", "user")}
	for _, op := range s.operations() {
		for name, token := range bad {
			got := s.do(request{method: op.method, path: op.path, token: token})
			if op.scope == "open" {
				if got.status == http.StatusForbidden || got.status >= 500 && !got.leaves() {
					t.Errorf("%s %s with token %q: %d", op.method, op.path, name, got.status)
				}
				continue
			}
			if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s with token %q: %d %s", op.method, op.path, name, got.status, got.body)
			}
		}
		for role, id := range ids {
			u, session := s.session(id)
			got := s.do(request{method: op.method, path: op.path, token: s.mint(u, session.ID, nil)})
			may := op.scope == "open"
			for _, r := range allowed[op.scope] {
				may = may || r == role
			}
			if got.status >= 500 && !got.leaves() || may == (got.status == http.StatusForbidden) || (got.status == http.StatusUnauthorized && op.scope != "open") {
				t.Errorf("%s %s (%s) as %s: %d %s", op.method, op.path, op.scope, role, got.status, got.body)
			}
		}
	}
}

// TestARouteNeedsAScope: one that the scope table does not know keeps the API from starting.
func TestARouteNeedsAScope(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{"", "nobody's", "admin"} {
		if err := handlers.DescribeRoute(scope, "A route."); err == nil {
			t.Errorf("a route of scope %q is served", scope)
		}
	}
	if err := handlers.DescribeRoute("read", ""); err == nil {
		t.Error("a route without a summary is served")
	}
	if err := handlers.DescribeRoute("read", "A route."); err != nil {
		t.Error(err)
	}
	if roles := handlers.RolesOf("monitor"); !slices.Equal(roles, []string{"operator", "admin"}) {
		t.Errorf("the monitor is for %v", roles)
	}
}

func TestTheOlderKeyStillVerifies(t *testing.T) {
	t.Parallel()
	s := open(t)
	u, session := s.session(s.user("user@example.com", "user"))
	token := s.mint(u, session.ID, func(_ jwt.MapClaims, h map[string]any) (jwt.SigningMethod, any) {
		h["kid"] = "old"
		return jwt.SigningMethodHS256, keys().Access[1].Secret
	})
	s.get(token, "/api/auth/me").want(http.StatusOK)
}

// TestTheSecretIsExchanged goes from one secret to another, as an operator does: during the overlap what was made with either is
// taken, and what is made is of the new one; afterwards the old one is worth nothing.
func TestTheSecretIsExchanged(t *testing.T) {
	t.Parallel()
	const first, second = "the first secret, of 32 bytes or more", "the second secret, of 32 bytes or more"
	s := open(t, func(d *handlers.Deps) { d.Keys = handlers.NewKeys(first) })
	with := func(keys handlers.Keys) *site {
		t.Helper()
		d := s.deps
		d.Keys, d.Metrics = keys, prometheus.NewRegistry()
		api, err := handlers.New(d)
		must(t, err)
		other := *s
		other.echo = api
		return &other
	}
	overlap, after := with(handlers.NewKeys(second, first)), with(handlers.NewKeys(second))
	s.user("anna@example.com", "user")
	before := s.login("anna@example.com")
	overlap.get(before.Access, "/api/auth/me").want(http.StatusOK)
	after.get(before.Access, "/api/auth/me").want(http.StatusUnauthorized)
	after.refresh(before.Refresh).want(http.StatusUnauthorized)
	var now signedIn
	overlap.refresh(before.Refresh).want(http.StatusOK).into(&now)
	if kid(t, now.Access) == kid(t, before.Access) {
		t.Errorf("the overlap still signs with the old key")
	}
	for what, at := range map[string]*site{"during the overlap": overlap, "after it": after} {
		if got := at.get(now.Access, "/api/auth/me"); got.status != http.StatusOK {
			t.Errorf("%s: the new token: %d %s", what, got.status, got.body)
		}
	}
	s.get(now.Access, "/api/auth/me").want(http.StatusUnauthorized) // who knows the old secret only
	after.refresh(now.Refresh).want(http.StatusOK).into(&now)
	after.get(now.Access, "/api/auth/me").want(http.StatusOK)
}

// kid reads the id of the key that signed a token.
func kid(t *testing.T, token string) any {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	must(t, err)
	return parsed.Header["kid"]
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	s := open(t)
	long := []byte("a key that has 32 bytes or more!")
	for name, k := range map[string]handlers.Keys{
		"none":          {},
		"short secret":  handlers.NewKeys("too short"),
		"short access":  {Access: []handlers.AccessKey{{ID: "a", Secret: []byte("short")}}, Refresh: long},
		"short refresh": {Access: []handlers.AccessKey{{ID: "a", Secret: long}}, Refresh: []byte("short")},
		"same id":       {Access: []handlers.AccessKey{{ID: "a", Secret: long}, {ID: "a", Secret: long}}, Refresh: long},
		"short before":  handlers.NewKeys(string(long), "too short"),
		"short older":   {Access: []handlers.AccessKey{{ID: "a", Secret: long}}, Refresh: long, Older: [][]byte{[]byte("short")}},
		"twice":         handlers.NewKeys(string(long), string(long)),
		"no id":         {Access: []handlers.AccessKey{{Secret: long}}, Refresh: long},
	} {
		d := s.deps
		d.Keys = k
		if _, err := handlers.New(d); err == nil {
			t.Errorf("%s: an API was made with these keys", name)
		} else if strings.Contains(err.Error(), "short refresh") || strings.Contains(err.Error(), string(long)) {
			t.Errorf("%s: the error shows a key: %v", name, err)
		}
	}
}
