package simulator

import (
	"fmt"

	"tickerwire/internal/market"
)

// sector is a line of business: what its companies sell.
type sector struct{ goods []string }

// invented is one row of the table of companies. The names are made up; none is a real company's.
type invented struct {
	name   string
	sector string
	kosdaq bool
}

func sectors() map[string]sector {
	return map[string]sector{
		"칩":  {[]string{"전력 반도체", "메모리 모듈", "차량용 칩", "영상 처리 칩"}},
		"장비": {[]string{"증착 장비", "검사 장비", "물류 로봇", "세정 장비"}},
		"약":  {[]string{"항암 신약", "백신 원액", "인공 혈장", "당뇨 치료제"}},
		"배":  {[]string{"액화가스 운반선", "해상 풍력 설치선", "쇄빙 화물선", "선박 엔진"}},
		"차":  {[]string{"전기 승합차", "제동 장치", "차체 부품", "수소 화물차"}},
		"전지": {[]string{"양극 소재", "원통형 배터리", "분리막", "에너지 저장 장치"}},
		"화학": {[]string{"고순도 용제", "생분해 수지", "탄소 섬유", "접착 필름"}},
		"쇠":  {[]string{"내열 강판", "특수강 봉재", "구조용 강관", "알루미늄 판재"}},
		"빛":  {[]string{"유기 발광 패널", "광학 렌즈", "차량용 화면", "적외선 카메라"}},
		"전기": {[]string{"초고압 변압기", "해저 전력선", "배전반", "태양광 인버터"}},
		"집":  {[]string{"정수장 설비", "발전소 기초 공사", "복합 물류 단지", "해수 담수화 설비"}},
		"말":  {[]string{"기업용 통신망", "보안 관제 서비스", "업무 자동화 소프트웨어", "데이터 센터 임대"}},
		"놀이": {[]string{"모험 게임", "온라인 공연 서비스", "가상 인물 콘텐츠", "만화 유통 서비스"}},
		"먹":  {[]string{"냉동 만두", "발효 음료", "식물성 단백질", "즉석 국수"}},
		"몸":  {[]string{"기능성 화장품", "미용 기기", "천연 섬유", "두피 관리 제품"}},
		"돈":  {[]string{"퇴직연금 상품", "자산 관리 서비스", "보증 보험", "결제 단말 서비스"}},
		"길":  {[]string{"냉장 운송 서비스", "화물 전용 노선", "항만 하역 서비스", "정기 컨테이너 노선"}},
		"하늘": {[]string{"소형 위성", "무인기 체계", "항공 정비 서비스", "관측 레이더"}},
	}
}

// inventedCompanies is the table. Markets are made of its head, so new rows go to its end.
func inventedCompanies() []invented {
	return []invented{
		{"너울전자", "칩", false}, {"하늬반도체", "칩", false}, {"도래솔바이오", "약", true}, {"미리내중공업", "배", false},
		{"윤슬화학", "화학", false}, {"보리수제약", "약", false}, {"마루한전기", "전기", false}, {"여울디스플레이", "빛", true},
		{"그루터철강", "쇠", false}, {"늘봄찬식품", "먹", false}, {"다온길물류", "길", false}, {"느루게임즈", "놀이", true},
		{"바림소재", "전지", true}, {"사이들통신", "말", false}, {"아람드리건설", "집", false}, {"잔별엔터", "놀이", true},
		{"초롱광학", "빛", true}, {"큰나래항공", "길", false}, {"타래섬유", "몸", false}, {"볕뉘에너지", "전지", false},
		{"해오름누리금융", "돈", false}, {"갈마루해운", "길", false}, {"나린결화장품", "몸", false}, {"두루뫼증권", "돈", false},
		{"로운정밀", "장비", true}, {"모꼬지커머스", "말", true}, {"벼리손해보험", "돈", false}, {"샘바다로보틱스", "장비", true},
		{"오롯배터리", "전지", false}, {"이든솔케미칼", "화학", false}, {"주리울기계", "장비", false}, {"참나루은행", "돈", false},
		{"토리온네트웍스", "말", true}, {"품새모터스", "차", false}, {"하람방산", "하늘", false}, {"감돌유통", "먹", false},
		{"눈꽃샘음료", "먹", true}, {"달보드레제과", "먹", false}, {"물빛누리전선", "전기", false}, {"별무리우주", "하늘", true},
		{"솔빛마루시스템", "말", true}, {"은가비제지", "화학", false},
		{"꽃가람유업", "먹", false}, {"단미르조선", "배", false}, {"라온별테크", "칩", true}, {"미쁨캐피탈", "돈", false},
		{"시나브로제강", "쇠", false}, {"온새미건기", "차", false}, {"푸르내환경", "집", true},
	}
}

// marketCompanies is how many of the table a NewMarket has; generated archives have all.
const marketCompanies = 42

// listCompanies returns the first n companies of the table, with codes from 990010 on.
func listCompanies(seed int64, n int) []Company {
	r := source(seed, "companies", 0)
	var out []Company
	for i, c := range inventedCompanies()[:n] {
		company := Company{Code: market.Code(fmt.Sprintf("99%03d0", i+1)), Name: c.name, Market: "KOSPI",
			Priority: 1 + i*5/n, Shares: int64(between(r, 80, 4000)) * 100_000}
		if c.kosdaq {
			company.Market = "KOSDAQ"
		}
		out = append(out, company)
	}
	return out
}

// goodsOf returns what a company of the table sells.
func goodsOf(name string) []string {
	all := sectors()
	for _, c := range inventedCompanies() {
		if c.name == name {
			return all[c.sector].goods
		}
	}
	return nil
}
