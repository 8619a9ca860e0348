package app

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"unicode/utf8"

	"tickerwire/handlers"
	"tickerwire/internal/config"
	"tickerwire/internal/fault"
	"tickerwire/store"
)

// welcome creates the admin at the first start and says where everything is. The password that it makes is printed
// this once.
func (s *standalone) welcome(ctx context.Context) error {
	password := string(s.cfg.AdminPassword)
	if password == "" {
		password = randomText(12)
	}
	created, err := createAdmin(ctx, s.role.db, s.cfg.AdminEmail, password)
	if err != nil {
		return fmt.Errorf("ADMIN_EMAIL, ADMIN_PASSWORD: %w", err)
	}
	fmt.Fprintf(s.out, "\n  Tickerwire  http://%s\n", browsable(s.ln.Addr()))
	fmt.Fprintf(s.out, "  queues      http://%s/monitor\n", browsable(s.ln.Addr()))
	fmt.Fprintf(s.out, "  metrics     http://%s/metrics\n", browsable(s.private.Addr()))
	if s.demo != nil {
		fmt.Fprintf(s.out, "  simulator   %s  (Telegram messages: /_sim/telegram/messages)\n", s.demo.url)
	}
	switch {
	case created && s.cfg.AdminPassword == "":
		fmt.Fprintf(s.out, "  admin       %s  password %s  (shown this once)\n\n", s.cfg.AdminEmail, password)
	default:
		fmt.Fprintf(s.out, "  admin       %s\n\n", s.cfg.AdminEmail)
	}
	return nil
}

// createAdmin creates an admin and reports whether he is new.
func createAdmin(ctx context.Context, db *store.DB, email, password string) (bool, error) {
	if _, err := db.UserByEmail(ctx, email); fault.KindOf(err) != fault.NotFound {
		return false, err
	}
	return true, createUser(ctx, db, email, password, "admin")
}

// How many characters a password has, here as in the API (PATCH /api/auth/me).
const (
	shortestPassword = 10
	longestPassword  = 200
)

// checkUser says everything that is wrong with a new user.
func checkUser(email, password, role string) error {
	var errs []error
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		errs = append(errs, fault.InvalidField("email", "%q is no e-mail address", email))
	}
	if n := utf8.RuneCountInString(password); n < shortestPassword || n > longestPassword {
		errs = append(errs, fault.InvalidField("password", "it has %d characters, and needs %d to %d", n, shortestPassword, longestPassword))
	}
	if !slices.Contains([]string{"user", "operator", "admin"}, role) {
		errs = append(errs, fault.InvalidField("role", "%q is none of user, operator and admin", role))
	}
	return errors.Join(errs...)
}

// createUser creates a user with a role; Invalid when one of the three cannot be, Conflict when the address is taken.
func createUser(ctx context.Context, db *store.DB, email, password, role string) error {
	if err := checkUser(email, password, role); err != nil {
		return err
	}
	hash, err := handlers.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	_, err = db.CreateUser(ctx, store.User{Email: email, PasswordHash: hash, Role: role, Active: true})
	return err
}

// CreateUser creates a user in the configured database: the operator's errand behind `tickerctl user create`.
func CreateUser(ctx context.Context, cfg config.Config, email, password, role string) error {
	c := change{"tickerctl user create", email, map[string]any{"email": email, "role": role, "password": "***"}}
	return changing(ctx, cfg, c, func(db *store.DB) error { return createUser(ctx, db, email, password, role) })
}
