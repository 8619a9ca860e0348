package handlers

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"tickerwire/internal/fault"
	"tickerwire/store"
)

// The monitor is asynqmon behind a sign-in of its own: browsers open it as a page, where no bearer token travels. Its
// cookie holds a token like an access token, made for the monitor only, so it is revoked in the same ways.
const (
	monitorRoot   = "/monitor"
	monitorSignIn = monitorRoot + "/sign-in"
	monitorCookie = "__Secure-mon"
	monitorPlain  = "mon" // on loopback without TLS
)

// Policies of the two kinds of page. asynqmon has an inline script and inline styles, and wants its fonts from another
// host, which it does not get.
const (
	signInPolicy  = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	monitorPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

//go:embed pages
var pages embed.FS

type signInPage struct {
	Email   string // of a signed-in person who may not see the monitor
	Problem string
}

// monitor holds the pages around asynqmon.
type monitor struct {
	*api
	page *template.Template
}

func (a *api) mountMonitor(e *echo.Echo) error {
	page, err := template.ParseFS(pages, "pages/sign_in.html")
	if err != nil {
		return fmt.Errorf("handlers: sign-in page: %w", err)
	}
	m := monitor{api: a, page: page}
	e.GET(monitorSignIn, func(c echo.Context) error { return m.show(c, http.StatusOK, signInPage{}) })
	e.POST(monitorSignIn, m.signIn)
	e.POST(monitorRoot+"/sign-out", m.signOut)
	e.Any(monitorRoot, m.serve)
	e.Any(monitorRoot+"/*", m.serve)
	return nil
}

// serve lets operators look and admins do; the others get no further.
func (m monitor) serve(c echo.Context) error {
	actor, err := m.actor(c.Request())
	if err != nil {
		if fault.KindOf(err) != fault.Unauthorized || !isRead(c.Request()) {
			return err
		}
		return c.Redirect(http.StatusSeeOther, monitorSignIn)
	}
	c.Set(actorKey, actor)
	c.Response().Header().Set("Content-Security-Policy", monitorPolicy)
	switch {
	case mayDo(actor.Role, scopeQueueEdit):
		return m.full(c, actor)
	case !mayDo(actor.Role, scopeMonitor):
		return m.show(c, http.StatusForbidden, signInPage{Email: actor.Email, Problem: "이 계정은 볼 수 없습니다 · This account may not see it."})
	case !isRead(c.Request()):
		return fault.New(fault.Forbidden, "this needs the scope %s", scopeQueueEdit)
	default:
		m.MonitorRead.ServeHTTP(c.Response(), c.Request())
	}
	return nil
}

// full lets an admin at asynqmon's buttons; what he presses is written down.
func (m monitor) full(c echo.Context, actor Actor) error {
	r := c.Request()
	if isRead(r) {
		m.MonitorFull.ServeHTTP(c.Response(), r)
		return nil
	}
	id, err := m.DB.BeginAudit(r.Context(), store.AuditEntry{ActorID: actor.UserID, Action: r.Method + " " + monitorRoot + "/*", Path: printable(r.URL.Path),
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID), Address: c.RealIP()})
	if err != nil {
		return err
	}
	m.MonitorFull.ServeHTTP(c.Response(), r)
	m.endAudit(r.Context(), id, c.Response().Status)
	return nil
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func (m monitor) cookieName(r *http.Request) string {
	if m.isSecure(r) {
		return monitorCookie
	}
	return monitorPlain
}

func (m monitor) actor(r *http.Request) (Actor, error) {
	cookie, err := r.Cookie(m.cookieName(r))
	if err != nil {
		return Actor{}, fault.New(fault.Unauthorized, "sign in first")
	}
	return m.actorOf(r.Context(), cookie.Value, forMonitor)
}

func (m monitor) signIn(c echo.Context) error {
	email, password := c.FormValue("email"), c.FormValue("password")
	ctx, r := c.Request().Context(), c.Request()
	if len(password) > 800 || !isText(email) || !isText(password) {
		return m.show(c, http.StatusBadRequest, signInPage{Problem: "입력을 읽을 수 없습니다 · This cannot be read."})
	}
	u, err := m.api.signIn(ctx, c.RealIP(), email, password)
	if err != nil {
		return m.refuse(c, err)
	}
	if !mayDo(u.Role, scopeMonitor) {
		return m.show(c, http.StatusForbidden, signInPage{Problem: "이 계정은 볼 수 없습니다 · This account may not see it."})
	}
	session, err := m.DB.OpenSession(ctx, store.Session{UserID: u.ID, Cookie: true, Monitor: true,
		Device: store.Device{Address: c.RealIP(), Agent: r.UserAgent()}}, monitorTTL)
	if err != nil {
		return err
	}
	token, err := m.tokens.access(u, session.ID, forMonitor, monitorTTL)
	if err != nil {
		return err
	}
	if err := setCookie(c.Response().Header(), r, m.isSecure(r), http.Cookie{Name: m.cookieName(r), Value: token, // #nosec G124 -- setCookie adds HttpOnly, SameSite and Secure
		Path: monitorRoot, MaxAge: int(monitorTTL / time.Second)}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, monitorRoot)
}

// refuse shows the form again, with what a fault has to say.
func (m monitor) refuse(c echo.Context, err error) error {
	switch fault.KindOf(err) {
	case fault.Unauthorized:
		return m.show(c, http.StatusUnauthorized, signInPage{Problem: "이메일 또는 비밀번호가 틀립니다 · The address or the password is wrong."})
	case fault.Limited:
		wait := strconv.Itoa(int(math.Ceil(fault.RetryAfterOf(err).Seconds())))
		c.Response().Header().Set(echo.HeaderRetryAfter, wait)
		return m.show(c, http.StatusTooManyRequests, signInPage{Problem: wait + "초 뒤에 다시 시도하세요 · Try again in " + wait + " s."})
	}
	return err
}

func (m monitor) signOut(c echo.Context) error {
	r := c.Request()
	actor, err := m.actor(r)
	if err != nil && fault.KindOf(err) != fault.Unauthorized {
		return err
	}
	if err == nil {
		if err := m.DB.RevokeSession(r.Context(), actor.SessionID, "signed out"); err != nil {
			return err
		}
	}
	if err := setCookie(c.Response().Header(), r, m.isSecure(r), http.Cookie{Name: m.cookieName(r), Path: monitorRoot, MaxAge: -1}); err != nil { // #nosec G124 -- setCookie adds HttpOnly, SameSite and Secure
		return err
	}
	return c.Redirect(http.StatusSeeOther, monitorSignIn)
}

func (m monitor) show(c echo.Context, status int, p signInPage) error {
	var b bytes.Buffer
	if err := m.page.Execute(&b, p); err != nil {
		return fmt.Errorf("sign-in page: %w", err)
	}
	c.Response().Header().Set("Content-Security-Policy", signInPolicy)
	return c.HTMLBlob(status, b.Bytes())
}
