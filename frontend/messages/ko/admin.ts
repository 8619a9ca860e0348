const ko = {
  title: '관리',
};

export default ko;
