const ko = {
  title: '로그인',
  lead: '한국 주식 뉴스로 예측하고, 결과까지 기록합니다.',
  email: '이메일',
  password: '비밀번호',
  submit: '로그인',
  busy: '확인하는 중',
  wrong: '이메일 또는 비밀번호가 맞지 않습니다.',
  capsLock: 'Caps Lock이 켜져 있습니다.',
  locked: (left: string) => `시도가 너무 많습니다. ${left} 뒤에 다시 시도하세요.`,
  showPassword: '비밀번호 보기',
};

export default ko;
