package store

// Numbers of the advisory locks; each is taken together with the schema's hash, so that two schemas of one database do
// not stand in each other's way. Locks of company sets (stories_join.go) and of recipients have keys of their own.
const (
	migrateLock   = 1  // one process migrates at a time
	leaderLock    = 2  // held by the leader for as long as it leads
	barsLock      = 3  // writers of bars take turns, so that ids appear in the order in which they are drawn
	repredictLock = 4  // orders take turns, so that two never draw the same generation
	takedownLock  = 5  // held by a take-down, and shared by all who save articles
	embeddingLock = 6  // shared by whoever embeds; alone for who changes the versions in use
	modelsLock    = 7  // the registry of models is changed by one at a time
	sealLock      = 8  // one seal is added at a time
	abTestLock    = 9  // experiments are registered one at a time
	botLock       = 10 // held by who listens to the messenger
	usersLock     = 11 // users are changed one at a time, so that an admin is left
)
