package handlers

import "slices"

// Scope is one thing that a role may do.
type Scope string

// The scopes. A route names exactly one; scopeOpen needs no token.
const (
	scopeOpen      Scope = "open"
	scopeSelf      Scope = "self"       // one's own account and session
	scopeRead      Scope = "read"       // what the market's pages show
	scopeRuns      Scope = "runs"       // order, watch and cancel runs
	scopeFailures  Scope = "failures"   // see what failed, and have it tried again
	scopeMonitor   Scope = "monitor"    // look at the queues
	scopeQueueEdit Scope = "queue:edit" // change the queues
	scopeSources   Scope = "sources"    // switch sources on and off, and set their period
	scopeLimits    Scope = "limits"     // see and change how often others are asked
	scopeTakedowns Scope = "takedowns"  // remove what is kept of an address
	scopeABTests   Scope = "ab-tests"   // register, see and stop experiments
	scopeGate      Scope = "alert-gate" // see and change what makes an alert
	scopeModels    Scope = "models"     // set models up and give them up
	scopeSchedules Scope = "schedules"  // change what is rung for when
	scopeWorkers   Scope = "workers"    // have a worker take nothing new
	scopeUsers     Scope = "users"      // see and change who may sign in
	scopeStocks    Scope = "stocks"     // see and change which stocks are followed
	scopeAudit     Scope = "audit"      // see who changed what

	scopeWebhooks   Scope = "webhooks"   // see and change where alerts are posted
	scopeRecipients Scope = "recipients" // see who gets alerts and how messages fare, and switch recipients
)

// scopesOf is the one table of who may do what. A role is a fixed set of scopes.
func scopesOf(role string) []Scope {
	switch role {
	case "user":
		return []Scope{scopeSelf, scopeRead}
	case "operator":
		return append(scopesOf("user"), scopeRuns, scopeFailures, scopeMonitor, scopeRecipients)
	case "admin":
		return append(scopesOf("operator"), scopeQueueEdit, scopeSources, scopeLimits, scopeTakedowns, scopeABTests, scopeGate, scopeModels, scopeWebhooks, scopeAudit,
			scopeSchedules, scopeWorkers, scopeUsers, scopeStocks)
	}
	return nil
}

func mayDo(role string, s Scope) bool { return slices.Contains(scopesOf(role), s) }

// known reports whether some role has the scope, or nobody needs one.
func (s Scope) known() bool { return s == scopeOpen || mayDo("admin", s) }

// roles lists who has the scope, for the document.
func (s Scope) roles() []string {
	var out []string
	for _, role := range []string{"user", "operator", "admin"} {
		if mayDo(role, s) {
			out = append(out, role)
		}
	}
	return out
}
