const ko = {
  title: '작업 실행',
};

export default ko;
