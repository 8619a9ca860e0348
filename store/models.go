package store

import (
	"context"

	"github.com/uptrace/bun"

	"tickerwire/internal/forecast"
)

type modelRow struct {
	bun.BaseModel `bun:"table:models,alias:m"`

	ID      int64  `bun:"id,pk"`
	Name    string `bun:"name"`
	Kind    string `bun:"kind"`
	Role    string `bun:"role"`
	Version string `bun:"version"`
}

func (r modelRow) toNoun() forecast.Model {
	return forecast.Model{ID: r.ID, Name: r.Name, Kind: r.Kind, Role: forecast.Role(r.Role), Version: r.Version}
}

// Models returns every model, retired ones too, by id.
func (db *DB) Models(ctx context.Context) ([]forecast.Model, error) {
	var rows []modelRow
	if err := db.bun.NewSelect().Model(&rows).Order("id").Scan(ctx); err != nil {
		return nil, fail(err, "models")
	}
	list := make([]forecast.Model, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// Model returns one model; NotFound when there is none.
func (db *DB) Model(ctx context.Context, id int64) (forecast.Model, error) {
	var row modelRow
	if err := db.bun.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return forecast.Model{}, fail(err, "model %d", id)
	}
	return row.toNoun(), nil
}
