package app

import (
	"context"
	"fmt"

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
		return err
	}
	fmt.Fprintf(s.out, "\n  Tickerwire  http://%s\n", browsable(s.ln.Addr()))
	fmt.Fprintf(s.out, "  queues      http://%s/monitor\n", browsable(s.ln.Addr()))
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

// createUser creates a user with a role; a taken address is Conflict.
func createUser(ctx context.Context, db *store.DB, email, password, role string) error {
	hash, err := handlers.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	_, err = db.CreateUser(ctx, store.User{Email: email, PasswordHash: hash, Role: role, Active: true})
	return err
}

// CreateUser creates a user in the configured database: the operator's errand behind `tickerctl user create`.
func CreateUser(ctx context.Context, cfg config.Config, email, password, role string) error {
	return withDB(ctx, cfg, func(db *store.DB) error { return createUser(ctx, db, email, password, role) })
}
