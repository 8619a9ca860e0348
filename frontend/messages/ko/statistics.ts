const ko = {
  title: '통계',
};

export default ko;
