package handlers

import "net/http"

// routes is the one table of what the API answers: the router, the checks, the scopes and the OpenAPI document are made
// of it.
func (a *api) routes() []route {
	return []route{
		get("/health", scopeOpen, "Whether the process lives.", a.getHealth),
		get("/health/ready", scopeOpen, "Whether every part that the API needs is up, and which one is not.", a.getReady).
			answers(http.StatusOK, http.StatusServiceUnavailable),
		get("/openapi.json", scopeOpen, "This document.", a.getDocument),

		post("/api/auth/login", scopeOpen, "Sign in with address and password.", a.login),
		post("/api/auth/refresh", scopeOpen, "Trade the newest refresh token for new tokens. An older one ends the session.", a.refresh).answers(http.StatusOK, http.StatusNoContent),
		post("/api/auth/logout", scopeSelf, "End this session, or all of mine.", a.logout),
		get("/api/auth/me", scopeSelf, "Who I am and what I may do.", a.getMe),
		patch("/api/auth/me", scopeSelf, "Change my password; my other sessions end.", a.patchMe),

		get("/api/auth/sessions", scopeSelf, "Where I am signed in, the latest sign-in first.", a.listSessions),
		del("/api/auth/sessions/{id}", scopeSelf, "End one of my sessions; obeyed at once.", a.deleteSession),

		get("/api/users", scopeUsers, "Who may sign in, by id.", a.listUsers),
		post("/api/users", scopeUsers, "Make an account.", a.createUser).
			answers(http.StatusCreated),
		patch("/api/users/{id}", scopeUsers, "Change somebody's role or password, or let him sign in or not; obeyed at once.", a.patchUser),
		del("/api/users/{id}", scopeUsers, "Deactivate an account; what he did stays his. The last admin stays.", a.deleteUser),

		get("/api/dashboard", scopeRead, "The market's session, the day so far, top signals, latest alerts, freshness and health.", a.getDashboard),

		get("/api/stocks", scopeRead, "Tracked stocks by code, with their last close and newest signals.", a.listStocks).sharedByRole(),
		get("/api/stocks/{code}", scopeRead, "One tracked stock.", a.getStock).sharedByRole(),
		get("/api/stocks/{code}/prices", scopeRead, "Bars, with markers of news and of the champion's predictions.", a.getPrices).sharedByRole(),
		get("/api/stocks/{code}/news", scopeRead, "The stock's stories, newest first.", a.listStockNews).sharedByRole(),
		get("/api/stocks/{code}/predictions", scopeRead, "The stock's predictions, newest first.", a.listStockPredictions).sharedByRole(),
		get("/api/stocks/{code}/report", scopeRead, "The stock's report, drawn from stored predictions; each version that was shown is kept.", a.getReport),

		get("/api/admin/stocks", scopeStocks, "The stocks as they are set up, by code.", a.listTracked),
		post("/api/admin/stocks", scopeStocks, "Follow a stock.", a.createStock).
			answers(http.StatusCreated),
		patch("/api/admin/stocks/{code}", scopeStocks, "Change a stock's names or priority, or whether it is followed.", a.patchStock),
		del("/api/admin/stocks/{code}", scopeStocks, "Give a stock up: one that news has named is deactivated, never deleted.", a.deleteStock),
		post("/api/admin/stocks/import", scopeStocks, "Add and change stocks by a CSV file; with dry_run only say what it comes to.", a.importStocks),

		get("/api/news", scopeRead, "Stories, newest first; with fold=false every article.", a.listNews).sharedByRole(),
		get("/api/news/{id}", scopeRead, "An article with its story, echoes, matched companies, similar past news and predictions.", a.getArticle),

		get("/api/predictions", scopeRead, "Predictions, newest first, one per horizon.", a.listPredictions).sharedByRole(),
		get("/api/predictions/{id}", scopeRead, "A prediction with its evidence, model call, outcome and other generations.", a.getPrediction),
		post("/api/predictions/repredict", scopeRuns, "Order new predictions of past stories; with dry_run only count.", a.repredict).
			answers(http.StatusAccepted, http.StatusOK),

		get("/api/alerts", scopeRead, "Alerts, newest first, with their reason, delivery and what happened.", a.listAlerts),
		get("/api/alerts/{id}", scopeRead, "One decision, also one that was a no, with what each prediction came to.", a.getAlert),
		get("/api/alerts/why", scopeRead, "Why I was, or was not, alerted of a story.", a.why),
		get("/api/alerts/rule", scopeSelf, "What I want to hear of, and when.", a.getRule),
		put("/api/alerts/rule", scopeSelf, "Set it as a whole; what is left out is as the default has it.", a.putRule),
		post("/api/alerts/rule/preview", scopeSelf, "What such a rule would have made of the alerts of the last 30 days; nothing is changed.", a.previewRule).harmless(),
		get("/api/watchlist", scopeSelf, "The stocks that I watch, and which of them I am alerted of.", a.getWatchlist),
		put("/api/watchlist", scopeSelf, "Set the whole list.", a.putWatchlist),
		get("/api/alerts/gate", scopeGate, "What a prediction must come to before it is an alert, and which horizons are open.", a.getGate),
		patch("/api/alerts/gate", scopeGate, "Change it for every decision from now on.", a.patchGate),
		post("/api/alerts/test", scopeSelf, "Send a test message to my own chat.", a.testAlert).
			answers(http.StatusAccepted),
		post("/api/telegram/link", scopeSelf, "Make a one-time code that links a chat of the bot's to me.", a.createLink).
			answers(http.StatusCreated),
		del("/api/telegram/link", scopeSelf, "Take my chat from me: nothing is sent any more.", a.deleteLink),
		post("/api/telegram/webhook", scopeOpen, "What the bot's readers do, posted by Telegram with the webhook's secret.", a.takeUpdate).
			takesRaw(proof{headerTelegramSecret, "The secret that Telegram was given with the webhook's address.",
				`{"update_id": 7001, "message": {"message_id": 12, "date": 1795417200, "chat": {"id": 42, "type": "private"}, "text": "/list"}}`}),
		get("/api/recipients", scopeRecipients, "Who gets alerts, and why nothing is sent to some.", a.listRecipients),
		patch("/api/recipients/{id}", scopeRecipients, "Switch a recipient on or off.", a.patchRecipient),
		get("/api/webhooks", scopeWebhooks, "Addresses that alerts are posted to.", a.listWebhooks),
		post("/api/webhooks", scopeWebhooks, "Have every alert posted to an address, signed.", a.createWebhook).
			answers(http.StatusCreated),
		del("/api/webhooks/{id}", scopeWebhooks, "Post nothing there any more.", a.deleteWebhook),
		get("/api/deliveries", scopeRecipients, "How messages fare, and which may have arrived and are never sent again.", a.getDeliveries),
		get("/api/sources", scopeRead, "How fresh each source is, how it answers and what is left of its quota.", a.listSources),
		patch("/api/sources/{name}", scopeSources, "Switch a source on or off, or set how often it is crawled.", a.patchSource),
		get("/api/limits", scopeLimits, "How often each upstream, model or chat may be asked.", a.listLimits),
		patch("/api/limits/{key}", scopeLimits, "Change a limit; every process obeys it within five seconds.", a.patchLimit),
		get("/api/models", scopeRead, "The models and what they are used for.", a.listModels),
		post("/api/models", scopeModels, "Set up a model; it predicts every story from then on.", a.createModel).
			answers(http.StatusCreated),
		patch("/api/models/{id}", scopeModels, "Change a model's settings or its role. What it predicts by can only change before it has predicted.", a.patchModel),
		del("/api/models/{id}", scopeModels, "Give a model up: one that has predicted is retired, never deleted.", a.deleteModel),

		get("/api/statistics", scopeRead, "What each model's record shows, live and in walks through history apart.", a.listStatistics),
		get("/api/statistics/calibration", scopeRead, "How each record's probabilities and frequencies go together.", a.listCalibration),
		get("/api/statistics/daily", scopeRead, "How each model fared, by base day, newest first.", a.listDaily),
		get("/api/ab-test", scopeABTests, "Experiments between two models, newest first.", a.listABTests),
		post("/api/ab-test", scopeABTests, "Register an experiment; what is registered never changes.", a.createABTest).
			answers(http.StatusCreated),
		get("/api/ab-test/{id}", scopeABTests, "An experiment with its evidence over time and its verdict.", a.getABTest),
		post("/api/ab-test/{id}/stop", scopeABTests, "End an experiment without a result, with a reason.", a.stopABTest),

		post("/api/tasks", scopeRuns, "Order a run. Ordered twice while it is open, it is one run.", a.createTask).
			answers(http.StatusAccepted),
		get("/api/tasks", scopeRuns, "Runs, newest first.", a.listTasks),
		get("/api/tasks/{id}", scopeRuns, "A run, its progress and its result.", a.getTask),
		stream("/api/tasks/{id}/events", scopeRuns, "Follow a run: an event run after each change, end when it is final.", a.taskEvents),
		del("/api/tasks/{id}", scopeRuns, "Cancel a run for good, with a reason.", a.cancelTask),
		get("/api/takedowns", scopeTakedowns, "Take-downs, newest first.", a.listTakedowns),
		post("/api/takedowns", scopeTakedowns, "Remove every word that is kept of an address, with the proof. Ordered again it answers the proof as it stands.", a.createTakedown).
			answers(http.StatusAccepted, http.StatusOK),

		get("/api/queues", scopeMonitor, "The queues, what waits in them and how fast they drain.", a.listQueues),
		patch("/api/queues/{name}", scopeQueueEdit, "Pause a queue, or change how many of its tasks run at once; every process obeys within five seconds.", a.patchQueue),
		del("/api/queues/{name}/tasks", scopeQueueEdit, "Delete what waits in a queue.", a.purgeQueue),
		get("/api/workers", scopeMonitor, "The processes of the fleet, living and lately ended, and what each one does.", a.listWorkers),
		post("/api/workers/{id}/drain", scopeWorkers, "Have a worker finish what it has in hand and take nothing new.", a.drainWorker).
			answers(http.StatusAccepted),
		get("/api/schedules", scopeMonitor, "What is rung for periodically, with its last and next five ticks.", a.listSchedules),
		patch("/api/schedules/{name}", scopeSchedules, "Change when a schedule ticks and what becomes of missed ticks, or pause it; obeyed within seconds.", a.patchSchedule),
		post("/api/schedules/{name}/run", scopeSchedules, "Have a schedule tick now, beside its own ticks and even while it is paused.", a.runSchedule).
			answers(http.StatusAccepted),
		get("/api/audit", scopeAudit, "Who changed what, newest first.", a.listAudit),

		get("/api/failures", scopeFailures, "What failures come down to, by cause, the one that failed last first.", a.listFailures),
		get("/api/failures/{fingerprint}", scopeFailures, "A cause with its failures, newest first.", a.getFailure),
		patch("/api/failures/{fingerprint}", scopeFailures, "Note something of a cause, or ignore it until a time: it does not count as failing newly until then.", a.patchFailure),
		post("/api/failures/retry", scopeFailures, "Have given-up and quarantined work run again, at a pace; it stops by itself when most of it fails again. With dry_run only count.", a.retryFailures).
			answers(http.StatusAccepted, http.StatusOK),
	}
}
