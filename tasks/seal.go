package tasks

import "context"

// sealBatch is how many calls one seal holds at most.
const sealBatch = 500

// seal adds what was predicted since the last look to the chain of receipts, batch by batch.
func (k *Keeper) seal(ctx context.Context) error {
	for {
		n, err := k.DB.SealPredictions(ctx, sealBatch)
		if err != nil || n == 0 {
			return err
		}
	}
}
