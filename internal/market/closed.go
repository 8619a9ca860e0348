package market

// The years the table below covers, whole years only.
const (
	coveredFrom = 2025
	coveredTo   = 2027
)

// closedDays lists the weekdays on which KRX does not trade.
// Sources: 2025 as published by KRX and kept by exchange_calendars' test grid (242 sessions); 2026 from KRX's own
// closed-day grid as of 2026-09-15 (244 sessions; 17 July is a public holiday again); 2027 derived from the public
// holidays of the official gazette plus KRX's year-end closing (245 sessions): temporary holidays can still be added.
var closedDays = []struct{ day, why string }{
	{"2025-01-01", "new year"}, {"2025-01-27", "temporary holiday"}, {"2025-01-28", "lunar new year"},
	{"2025-01-29", "lunar new year"}, {"2025-01-30", "lunar new year"}, {"2025-03-03", "independence movement day, substitute"},
	{"2025-05-01", "labour day"}, {"2025-05-05", "children's day"}, {"2025-05-06", "substitute holiday"},
	{"2025-06-03", "presidential election"}, {"2025-06-06", "memorial day"}, {"2025-08-15", "liberation day"},
	{"2025-10-03", "foundation day"}, {"2025-10-06", "chuseok"}, {"2025-10-07", "chuseok"},
	{"2025-10-08", "chuseok, substitute"}, {"2025-10-09", "hangul day"}, {"2025-12-25", "christmas"}, {"2025-12-31", "year-end closing"},

	{"2026-01-01", "new year"}, {"2026-02-16", "lunar new year"}, {"2026-02-17", "lunar new year"},
	{"2026-02-18", "lunar new year"}, {"2026-03-02", "independence movement day, substitute"}, {"2026-05-01", "labour day"},
	{"2026-05-05", "children's day"}, {"2026-05-25", "buddha's birthday, substitute"}, {"2026-06-03", "local elections"},
	{"2026-07-17", "constitution day"}, {"2026-08-17", "liberation day, substitute"}, {"2026-09-24", "chuseok"},
	{"2026-09-25", "chuseok"}, {"2026-10-05", "foundation day, substitute"}, {"2026-10-09", "hangul day"},
	{"2026-12-25", "christmas"}, {"2026-12-31", "year-end closing"},

	{"2027-01-01", "new year"}, {"2027-02-08", "lunar new year"}, {"2027-02-09", "lunar new year, substitute"},
	{"2027-03-01", "independence movement day"}, {"2027-05-03", "labour day, substitute"}, {"2027-05-05", "children's day"},
	{"2027-05-13", "buddha's birthday"}, {"2027-07-19", "constitution day, substitute"}, {"2027-08-16", "liberation day, substitute"},
	{"2027-09-14", "chuseok"}, {"2027-09-15", "chuseok"}, {"2027-09-16", "chuseok"}, {"2027-10-04", "foundation day, substitute"},
	{"2027-10-11", "hangul day, substitute"}, {"2027-12-27", "christmas, substitute"}, {"2027-12-31", "year-end closing"},
}

// examDays are the days of the university entrance exam, on which the session runs 10:00-16:30. That of 2027 is not
// announced yet and not in the table.
var examDays = []string{"2025-11-13", "2026-11-19"}
