package tasks

import (
	"context"
	"time"
)

const (
	wordsEvery = time.Second
	wordsBatch = 500 // articles that one look makes searchable: about 0.1 s
)

// indexWords makes older articles searchable, a few at a time: new ones are when they are stored.
func (k *Keeper) indexWords(ctx context.Context) error {
	_, err := k.DB.IndexWords(ctx, wordsBatch)
	return err
}
