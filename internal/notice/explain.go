package notice

// Explain says a reason in words: English for "en", Korean for everything else. A reason that is none of the constants, as
// how a send went, is returned as it is.
func Explain(reason, language string) string {
	words, ok := explanations()[reason]
	switch {
	case !ok:
		return reason
	case language == "en":
		return words[1]
	}
	return words[0]
}

// explanations is the one table of them, Korean and English.
func explanations() map[string][2]string {
	return map[string][2]string{
		ReasonPassed:         {"알림 기준을 통과했습니다.", "It passed."},
		ReasonMaterial:       {"먼저 알린 내용과 반대되는 소식입니다.", "It says the opposite of what was alerted before."},
		ReasonBelowThreshold: {"확률이 기준선과 거의 같습니다.", "The probability is too near to the base rate."},
		ReasonBelowCost:      {"예상 움직임이 거래 비용에 못 미치거나 변동성을 알 수 없습니다.", "The expected move does not pay its cost, or the volatility is unknown."},
		ReasonLate:           {"예측 대상 시간이 시작된 뒤에 만든 예측입니다.", "It was predicted after the target session had opened."},
		ReasonNoEvidence:     {"모형이 판단할 근거가 없습니다.", "The model has nothing to go by."},
		ReasonBacktest:       {"과거 자료로 만든 예측은 알리지 않습니다.", "What is predicted of history is never announced."},
		ReasonUnproven:       {"모형의 기록이 아직 증명되지 않아 모아보기에만 싣습니다.", "The model's record proves nothing yet: for digests only."},
		ReasonBelowFloor:     {"최근에 더 좋은 신호가 충분히 있었습니다.", "Lately there were enough better signals a day."},
		ReasonNotInTitle:     {"제목이 이 회사를 말하지 않습니다.", "The title does not name the company."},
		ReasonEcho:           {"이미 알린 소식과 같은 내용입니다.", "It echoes a story that was alerted."},
		ReasonAlerted:        {"이 소식은 이미 알렸습니다.", "This story was alerted before."},
		ReasonStale:          {"수집하기 오래 전에 나온 소식입니다.", "It was published long before it was seen."},
		ReasonUrgent:         {"긴급 공시입니다.", "It is an urgent filing."},
		ReasonNotUrgent:      {"긴급 공시가 아닙니다.", "It is no urgent filing."},
		ReasonSubsidiary:     {"자회사에 관한 공시입니다.", "It is a subsidiary's matter."},
		ReasonAttachmentOnly: {"첨부 문서만 바뀌었습니다.", "Only an attachment changed."},
		ReasonNotSend:        {"알릴 소식이 아니었습니다.", "It was no alert."},
		ReasonInactive:       {"알림이 꺼져 있습니다.", "Alerts are switched off."},
		ReasonNoChat:         {"연결된 대화방이 없습니다.", "No chat is linked."},
		ReasonNotWatched:     {"관심 종목이 아니거나, 이 종목의 알림을 꺼 두었습니다.", "The stock is not on the watchlist, or its alerts are switched off there."},
		ReasonMuted:          {"알림을 잠시 꺼 두었습니다.", "Alerts were muted."},
		ReasonNoUrgent:       {"긴급 공시를 받지 않도록 했습니다.", "Urgent filings are not wanted."},
		ReasonHorizon:        {"받기로 한 기간의 신호가 아닙니다.", "No signal is of a horizon that is wanted."},
		ReasonDirection:      {"받기로 한 방향의 신호가 아닙니다.", "The signal points the way that is not wanted."},
		ReasonThreshold:      {"스스로 정한 기준보다 약한 신호입니다.", "The signal is weaker than the threshold that was set."},
		ReasonQuietHours:     {"방해 금지 시간에 왔습니다.", "It came in quiet hours."},
		ReasonDailyCap:       {"하루 알림 수를 다 채웠습니다.", "The day's number of alerts was reached."},
		ReasonStockAlerted:   {"오늘 이 종목은 이미 알렸습니다.", "The stock was alerted before on that day."},
		ReasonMarketAlerted:  {"오늘 시장 전체 소식은 이미 알렸습니다.", "A story about the market was alerted before on that day."},
		ReasonTakenDown:      {"기사가 삭제되었습니다.", "Its article was taken down."},
	}
}
