package simulator

// Kind is a kind of story of the invented market.
type Kind string

// The kinds. What each does to the price is in kindTable.
const (
	SupplyContract  Kind = "supply_contract"
	EarningsBeat    Kind = "earnings_beat"
	EarningsMiss    Kind = "earnings_miss"
	Recall          Kind = "recall"
	Lawsuit         Kind = "lawsuit"
	NewProduct      Kind = "new_product"
	CapitalRaise    Kind = "capital_raise"
	ExecutiveChange Kind = "executive_change"
	RoutineIR       Kind = "routine_ir"
)

// horizon is over how many sessions after its base day a story moves the price.
const horizon = 5

// kindRow is what a kind does and how it is told.
type kindRow struct {
	kind   Kind
	weight int              // how often among a hundred stories
	jump   float64          // expected reaction within the session in which it breaks, in percent
	drift  [horizon]float64 // expected excess return of the 1st to 5th session after the base day, in percent
	report string           // the filing's name; "" for a kind that is never filed
	filed  float64          // the share of stories that come with a filing
	issuer bool             // the filing goes to DART itself and not through the exchange
	titles []string         // wordings; a title and a lead of the same place belong together
	leads  []string
}

// moves reports whether stories of the kind move the price.
func (k kindRow) moves() bool { return k.drift[0] != 0 }

// kindTable is all that the invented market knows of the world. The expected drifts stand beside a daily noise of 1.2 %.
func kindTable() []kindRow {
	return []kindRow{
		{kind: SupplyContract, weight: 18, jump: 1.0, drift: [horizon]float64{1.6, 0.5, 0.3, 0.2, 0.1}, report: "단일판매ㆍ공급계약체결", filed: .6,
			titles: []string{
				"{C}, {R} {P}{과/와} {A}억원 규모 {G} 공급계약 체결",
				"{C} {G} 공급계약 체결…{R} {P}에 {A}억원 규모 납품",
				"{R} {P}, {C}{과/와} {G} 공급계약…{A}억원 규모 수주",
			},
			leads: []string{
				"{C}{은/는} {R} {P}{과/와} {A}억원 규모의 {G} 공급계약을 체결했다고 {D}일 밝혔다. 계약 금액은 최근 연간 매출의 {N}%이며 납품 기간은 {M}개월이다.",
				"{C}{이/가} {R} {P}{과/와} {G} 공급계약을 체결해 물량을 수주했다. 계약 규모는 {A}억원으로 연간 매출의 {N}% 수준이고, {M}개월에 걸쳐 납품한다.",
				"{R} {P}{이/가} {G} 공급사로 {C}{을/를} 골랐다. 두 회사의 공급계약 규모는 {A}억원, 납품 기간은 {M}개월이며 매출 대비 {N}%에 이른다.",
			}},
		{kind: EarningsBeat, weight: 13, jump: 1.5, drift: [horizon]float64{1.9, 0.6, 0.4, 0.2, 0.1}, report: "영업(잠정)실적(공정공시)", filed: .5,
			titles: []string{
				"{C} {Q} 깜짝 실적…{G} 호조에 영업이익 {A}억원",
				"{C}, {G} 판매 호조로 {Q} 영업이익 {A}억원 깜짝 실적",
				"예상치 {N}% 상회한 {C} {Q} 깜짝 실적, {G} 덕에 영업이익 {A}억원",
			},
			leads: []string{
				"{C}의 {Q} 영업이익이 {A}억원으로 집계돼 증권사 예상치 평균을 {N}% 상회했다. {G} 판매가 늘면서 수익성이 좋아진 덕분이라고 회사는 설명했다.",
				"{C}{이/가} {Q} 영업이익 {A}억원을 올려 예상치를 {N}% 상회하는 깜짝 실적을 냈다. {G} 부문 이익률이 뚜렷하게 개선됐다.",
				"{G} 호조에 힘입어 {C} {Q} 영업이익이 {A}억원에 이르렀다. 예상치를 {N}% 상회한 결과로 연간 전망도 높아질 것으로 보인다.",
			}},
		{kind: EarningsMiss, weight: 13, jump: -1.5, drift: [horizon]float64{-1.9, -0.6, -0.4, -0.2, -0.1}, report: "영업(잠정)실적(공정공시)", filed: .5,
			titles: []string{
				"{C} 실적 쇼크…{G} 부진에 {Q} 적자 {A}억원",
				"{C}, {G} 수요 식어 {Q} {A}억원 적자 전환 '실적 쇼크'",
				"실적 쇼크 덮친 {C}…{Q} {A}억원 적자, {G} 전망도 하향",
			},
			leads: []string{
				"{C}{이/가} {Q}에 {A}억원 손실을 내며 적자로 돌아섰다. {G} 수요가 식고 재고 비용이 불어난 탓에 실적 쇼크라는 평가가 나온다.",
				"{C}의 {Q} 손실이 {A}억원으로 나타나 적자 전환했다. 회사는 {G} 부진과 재고 손실을 이유로 들었고 증권가는 전망을 {N}% 낮췄다.",
				"{G} 부진으로 {C}{은/는} {Q} {A}억원 적자를 기록했다. 실적 쇼크에 증권사들은 연간 이익 전망을 {N}%가량 하향 조정했다.",
			}},
		{kind: Recall, weight: 10, jump: -1.2, drift: [horizon]float64{-1.7, -0.5, -0.3, -0.2, 0},
			titles: []string{
				"{C}, {R} 판매 {G} 결함에 {H}개 자발적 리콜",
				"{C} {G} 리콜 착수…{R} 판매분 결함에 {H}개 회수",
				"{R} 판매 {C} {G} 안전 결함…{H}개 자발적 리콜",
			},
			leads: []string{
				"{C}{이/가} {R} 시장에 판매한 {G}에서 안전 결함이 확인돼 {H}개를 자발적으로 리콜한다. 관계 당국은 과열 위험이 있다며 사용 중지를 권고했다.",
				"{C}{은/는} {R}에 판매한 {G} 일부에서 안전 결함이 확인돼 {H}개를 회수하는 리콜에 들어간다고 {D}일 알렸다. 교환은 {M}개월 안에 마친다.",
				"{R} 당국이 {C} {G}의 안전 결함을 확인하면서 {H}개가 리콜 대상에 올랐다. 판매된 물량의 회수와 교환에 {M}개월이 걸릴 전망이다.",
			}},
		{kind: Lawsuit, weight: 9, jump: -0.6, drift: [horizon]float64{-1.0, -0.3, -0.2, 0, 0}, report: "소송등의제기ㆍ신청(일정금액이상의청구)", filed: .5,
			titles: []string{
				"{C}, {R} {P}에 {G} 특허 소송 피소…청구액 {A}억원",
				"{R} {P}, {C} 상대로 {G} 특허 소송 제기…{A}억원 청구",
				"{G} 특허 소송 휘말린 {C}…{R} {P} 청구액 {A}억원",
			},
			leads: []string{
				"{R} {P}{이/가} {C}{을/를} 상대로 {A}억원 규모의 손해배상 소송을 제기했다. {G} 관련 특허를 침해했다는 주장이며 첫 심리는 {M}개월 뒤로 잡혔다.",
				"{C}{이/가} {G} 특허 침해를 이유로 {R} {P}에서 소송을 당했다. 손해배상 청구 금액은 {A}억원으로 자기자본의 {N}%에 해당한다.",
				"{C}{은/는} {R} {P}{이/가} 제기한 특허 소송의 소장을 {D}일 송달받았다. {G} 기술을 둘러싼 손해배상 청구액은 {A}억원이다.",
			}},
		{kind: NewProduct, weight: 11, jump: 0.3, drift: [horizon]float64{0.5, 0.2, 0.1, 0, 0},
			titles: []string{
				"{C}, 차세대 {G} 신제품 출시…{R} 시장 공략",
				"{C} 차세대 {G} 신제품 출시, {R} 소비자 겨냥",
				"{R} 시장 공략 나선 {C}, 차세대 {G} 신제품 공개",
			},
			leads: []string{
				"{C}{이/가} 효율을 {N}% 높인 차세대 {G} 신제품을 {D}일 공개했다. {R} 시장을 시작으로 판매 지역을 넓혀 갈 계획이다.",
				"{C}{은/는} 차세대 {G} 신제품을 출시하고 {R} 시장 판매를 시작한다. 기존 제품보다 효율이 {N}% 높다는 것이 회사의 설명이다.",
				"차세대 {G} 신제품이 나왔다. {C}{은/는} {R} 행사에서 효율을 {N}% 높인 제품을 공개하고 {M}개월 안에 출시하기로 했다.",
			}},
		{kind: CapitalRaise, weight: 10, jump: -2.0, drift: [horizon]float64{-2.2, -0.7, -0.4, -0.2, -0.1}, report: "주요사항보고서(유상증자결정)", filed: 1, issuer: true,
			titles: []string{
				"{C}, {A}억원 규모 주주배정 유상증자 결정…{G} 설비 자금",
				"{C} 유상증자 결정…{G} 투자 위해 신주로 {A}억원 조달",
				"{A}억원 유상증자 나선 {C}, {G} 증설에 주식 가치 희석 우려",
			},
			leads: []string{
				"{C}{은/는} 이사회를 열어 {A}억원 규모의 주주배정 유상증자를 결정했다고 {D}일 공시했다. 신주는 기존 주식의 {N}%에 해당하며 자금은 {G} 설비에 들어간다.",
				"{C}{이/가} 유상증자로 {A}억원을 조달하기로 결정했다. 발행 신주는 기존 주식의 {N}%로, 자금은 {G} 설비와 차입금 상환에 쓰인다.",
				"{C} 유상증자 결정에 주주들의 희석 우려가 커졌다. 발행 규모는 {A}억원, 신주는 기존 주식의 {N}%이며 {G} 증설 자금 납입은 {M}개월 뒤다.",
			}},
		{kind: ExecutiveChange, weight: 8, report: "대표이사(대표집행임원)변경(안내공시)", filed: .3,
			titles: []string{
				"{C} 임원 인사…{G} 사업본부장에 {X} 부사장 선임",
				"{C}, {G} 신임 사업본부장에 {X} 전무 선임",
				"[인사] {C} {X} 전무, {G} 사업본부장 승진",
			},
			leads: []string{
				"{C}{은/는} 정기 임원 인사를 내고 {X} 부사장을 {G} 사업본부장에 선임했다고 {D}일 전했다.",
				"{C}{이/가} {G} 사업본부를 이끌 책임자로 {X} 전무를 선임하는 임원 인사를 냈다. 임기는 {M}개월이다.",
				"{C} 이사회는 {X} 전무의 승진을 포함한 임원 인사안을 의결했다. 새 보직은 {G} 사업본부장이다.",
			}},
		{kind: RoutineIR, weight: 8, report: "기업설명회(IR)개최(안내공시)            ", filed: .6,
			titles: []string{
				"{C}, {R} 기관투자자 대상 {Q} 기업설명회 개최",
				"{C} {Q} 기업설명회 일정…{G} 사업 현황 소개",
				"{C}, {D}일 온라인 기업설명회서 {G} 현황 설명",
			},
			leads: []string{
				"{C}{은/는} {R} 기관투자자를 대상으로 기업설명회를 열어 {Q} 경영 현황과 {G} 사업 질의응답 시간을 가진다고 안내했다.",
				"{C}{이/가} {Q} 경영 현황을 알리는 기업설명회 일정을 내놨다. {G} 사업을 중심으로 {R} 기관투자자와 전화 회의를 한다.",
				"{C} 기업설명회가 {D}일 온라인으로 열린다. 회사는 {G} 사업의 {Q} 현황을 소개하고 기관투자자 질문에 답할 예정이다.",
			}},
	}
}
