const ko = {
  title: '감사 기록',
};

export default ko;
